import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A sha256 as 64 lower-case hex digits; anything else is not a digest. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export type Sha256 = z.infer<typeof Sha256>;

/** Digest of plain data: keys sorted, so that equal data have equal digests whatever their order. */
export function digestOf(value: unknown): Sha256 {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** JSON with sorted keys and without absent keys; throws on what JSON cannot hold, because such a value must never be signed. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const pairs = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${pairs.join(',')}}`;
  }
  throw new Error(`not plain data: ${typeof value}`);
}

/** A digest as people read it: `3fa1…c09e`. */
export function shortDigest(digest: Sha256): string {
  return `${digest.slice(0, 4)}…${digest.slice(-4)}`;
}
