import type { Sessions } from '../contract/sessions.ts';
import type { Shipment, ShipmentResult } from '../contract/transport.ts';
import type { Node } from '../domain/node.ts';
import { NO_SPACE } from './scripts.ts';

/** A transport's failure as a value. */
export type Failed = Extract<ShipmentResult, { kind: 'failed' }>;

const ANSWER_MS = 600_000;
const ANSWER_BYTES_MAX = 10_000;

/** Makes a failure; resumable unless it is said otherwise. */
export function failed(reason: string, detail: string, how: 'resumable' | 'final' = 'resumable'): Failed {
  return { kind: 'failed', reason, detail: detail.slice(0, 300), resumable: how === 'resumable' };
}

/** Runs a small script and returns its one line of output, or why there is none. */
export async function ask(options: {
  readonly sessions: Sessions;
  readonly node: Node;
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}): Promise<string | Failed> {
  const { sessions, node, name, script, args, signal } = options;
  const result = await sessions.run(node, {
    name,
    script,
    args,
    timeoutMs: ANSWER_MS,
    outputBytesMax: ANSWER_BYTES_MAX,
    signal,
  });
  if (result.kind === 'unknown') return failed(result.reason, `${node.name}: ${result.detail}`);
  if (result.code !== 0) return ended(node, result.code, result.stderr);
  return new TextDecoder().decode(result.stdout).trim();
}

/** What a script's exit code means for a shipment. */
export function ended(node: Node, code: number, stderr: Uint8Array): Failed {
  const said = new TextDecoder().decode(stderr).trim().split('\n')[0] ?? '';
  if (code === NO_SPACE) return failed('no_space', `${node.name}: ${said}`, 'final');
  return failed(
    'failed',
    `${node.name}: ${said === '' ? `exit ${code}` : said}`,
    code === 10 || code === 13 ? 'final' : 'resumable',
  );
}

/** The arguments that name a shipment's partial file. */
export function partialArgs({ targetFolder, targetFolderId, temporary }: Shipment): string[] {
  return [targetFolder, targetFolderId, temporary];
}
