import type { ModelRecord, RecordedDigest } from './expected.ts';
import type { Instant } from './names.ts';
import { bytes, shortHash } from './wording.ts';

/** One digest of a model and the time in which it was the expected one; `until` absent: it still is. */
export type RecordedSpan = RecordedDigest & { readonly until?: Instant };

/** What was expected when, newest first. */
export function spansOf({ current, earlier }: ModelRecord): RecordedSpan[] {
  const lines = current === null ? [...earlier] : [current, ...earlier];
  return lines.map((line, index) => {
    const next = lines[index - 1];
    return next === undefined ? line : { ...line, until: next.since };
  });
}

/** What was expected at a moment: from the very second of a change on it is the new one. Undefined: nothing was on record yet. */
export function spanAt(record: ModelRecord, at: Instant): RecordedSpan | undefined {
  return spansOf(record).find(({ since }) => Date.parse(since) <= Date.parse(at));
}

/** A span as a line for people. */
export function spanLine({ digest, since, until, bytes: size, from, by, provisional }: RecordedSpan): string {
  const time = `${minute(since)} to ${until === undefined ? 'now' : minute(until)}`;
  const firm = provisional ? ', seen once so far' : '';
  return `${shortHash(digest)}  ${time.padEnd(40)}  ${bytes(size)}, from ${from}, ${by}${firm}`;
}

/** `2026-03-01 01:40 UTC`. */
export function minute(instant: Instant): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
