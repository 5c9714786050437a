import type { EventOf } from './entry.ts';
import { duration, bytes as size } from './wording.ts';

/** What is seen on a node before its turn. */
export const AHEAD_WORDS = 'bytes come ahead of its turn, under a temporary name';

/** How far a transfer is, as a person asks: `50 % of 108 MB by rsync, 12 MB/s, about 5 s left`. */
export function progressWords({ percent, transport, bytes, bytesPerSecond = 0, ahead }: EventOf<'progress'>): string {
  const by = ahead === true ? `by ${transport} ahead of its turn` : `by ${transport}`;
  if (bytes === undefined) return `${percent} % ${by}`;
  const far = `${percent} % of ${size(bytes)} ${by}`;
  if (bytesPerSecond === 0) return far;
  const leftMs = ((bytes * (100 - percent)) / 100 / bytesPerSecond) * 1_000;
  return `${far}, ${size(bytesPerSecond)}/s, about ${duration(Math.ceil(leftMs / 1_000) * 1_000)} left`;
}
