import type { Config } from '../config.ts';
import type { Signing } from '../contract/signing.ts';
import { openHands, openPen, openShellPen } from '../keys/entry-keys.ts';

/** Who signs what this program writes, and who judges what it reads. */
export function signingOf(config: Config, program: 'bot' | 'shell' | 'worker'): Signing {
  const { cluster, stateDir, shellKeys } = config;
  const isOwnersShell = program === 'shell' && config.redisUrl !== null;
  const pen = isOwnersShell ? openShellPen(stateDir, shellKeys) : openPen(stateDir, program);
  return { cluster, pen, hands: openHands(stateDir, shellKeys) };
}
