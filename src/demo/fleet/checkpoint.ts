import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStoredZip, writeStoredZip } from './stored-zip.ts';

/** Which model a checkpoint is: its metadata says so, and `generation` makes its weights its own. */
export interface CheckpointKind {
  readonly board: string;
  readonly players: number;
  readonly generation: number;
}

const TEMPLATE = join(import.meta.dirname, 'data', 'checkpoint.pth');
const TEMPLATE_BOARD = 'hex8';

/** The bytes of a real PyTorch checkpoint of this kind; two generations of one model have the same size and other weights. */
export function makeCheckpoint(kind: CheckpointKind): Buffer {
  const stem = `canonical_${kind.board}_${kind.players}p`;
  const entries = readStoredZip(readFileSync(TEMPLATE)).map(({ name, data }) => {
    const inside = name.slice(name.indexOf('/') + 1);
    const bytes = inside === 'data.pkl' ? relabel(data, kind) : inside === 'data/0' ? reweigh(data, kind) : data;
    return { name: `${stem}/${inside}`, data: bytes };
  });
  return writeStoredZip(entries);
}

function relabel(pickle: Buffer, { board, players }: CheckpointKind): Buffer {
  const boardFixed = replaceAll(pickle, unicode(TEMPLATE_BOARD), unicode(board));
  const key = unicode('num_players');
  const at = boardFixed.indexOf(key) + key.length;
  // The key is memoized (q, slot) the first time and fetched (h, slot) the second; the count follows as K, byte.
  const slot = boardFixed.subarray(at + 1, at + 2);
  const first = Buffer.concat([Buffer.from('q'), slot, Buffer.from('K')]);
  const second = Buffer.concat([Buffer.from('h'), slot, Buffer.from('K')]);
  const relabelled = Buffer.from(boardFixed);
  for (const [mark, from] of [
    [first, at],
    [second, at],
  ] as const) {
    const found = relabelled.indexOf(mark, from);
    if (found < 0) throw new Error('the template checkpoint has no player count where it should');
    relabelled[found + mark.length] = players;
  }
  return relabelled;
}

function reweigh(weights: Buffer, { board, players, generation }: CheckpointKind): Buffer {
  const changed = Buffer.from(weights);
  const digest = createHash('sha512').update(`${board} ${players} ${generation}`).digest();
  // Only mantissa bits: sign and exponent stay, so every weight remains an ordinary number.
  for (let float = 0; float < digest.length; float += 1) changed[float * 4] = digest[float] ?? 0;
  return changed;
}

function unicode(value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(value)]);
}

function replaceAll(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = bytes.indexOf(from);
  if (at < 0) return bytes;
  return Buffer.concat([bytes.subarray(0, at), to, replaceAll(bytes.subarray(at + from.length), from, to)]);
}
