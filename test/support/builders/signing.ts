import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Signing } from '../../../src/contract/signing.ts';
import { openHands, openPen } from '../../../src/keys/entry-keys.ts';

/** Who writes in a test's streams; each program has its own key, all in one state folder. */
export type Programs = (program: 'bot' | 'shell' | 'worker', cluster?: string) => Signing;

/** Keys of one installation in a folder of their own; `close` removes them. */
export function startKeys(): { readonly stateDir: string; readonly signing: Programs; close(): void } {
  const stateDir = mkdtempSync(join(tmpdir(), 'medic-pens-'));
  const hands = openHands(stateDir, {});
  return {
    stateDir,
    signing: (program, cluster = 'test') => ({ cluster, pen: openPen(stateDir, program), hands }),
    close: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

/** The same for one test. */
export function keysHere(): ReturnType<typeof startKeys> {
  const keys = startKeys();
  onTestFinished(() => keys.close());
  return keys;
}
