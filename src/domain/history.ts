import type { Entry } from './entry.ts';
import type { ModelRecord, RecordedDigest } from './expected.ts';
import type { IncidentId, Instant, ModelName, PersonId } from './names.ts';
import { bytes, shortHash } from './wording.ts';

/** One digest of a model and the time in which it was the expected one; `until` absent: it still is. */
export type RecordedSpan = RecordedDigest & { readonly until?: Instant };

/** A promotion as somebody told of it, and the incident that followed it. */
export type Promotion = { readonly at: Instant; readonly by: PersonId; readonly incident: IncidentId };

/** A promotion is told when its file has been written, or shortly before: so far may the two times be apart (ms). */
const TOLD_WITHIN_MS = 15 * 60_000;

/** What one incident's entries tell of promotions of a model: each time that one was told. */
export function promotionsOf(entries: readonly Entry[], model: ModelName): Promotion[] {
  const [first, ...rest] = entries;
  if (first?.event.kind !== 'opened' || first.event.alert?.startsWith('MODEL_PROMOTED') !== true) return [];
  if (!first.event.scope.models.includes(model)) return [];
  const { by } = first.event;
  const again = rest.filter(({ event }) => event.kind === 'repeated');
  return [first, ...again].map(({ at, incident }) => ({ at, by, incident }));
}

/** The promotion that a digest is of: the one told nearest to the time that its file has, and not by far; undefined: nobody told of one. */
export function promotionOf(
  { mtimeS }: Pick<RecordedDigest, 'mtimeS'>,
  promotions: readonly Promotion[],
): Promotion | undefined {
  const away = ({ at }: Promotion): number => Math.abs(Date.parse(at) - mtimeS * 1_000);
  const [nearest] = promotions.toSorted((a, b) => away(a) - away(b));
  return nearest === undefined || away(nearest) > TOLD_WITHIN_MS ? undefined : nearest;
}

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

/** A span as a line for people, with what promoted it. */
export function spanLine(
  { digest, since, until, bytes: size, from, by, provisional }: RecordedSpan,
  promotion: Promotion | undefined,
): string {
  const promoted =
    promotion === undefined
      ? ''
      : `, promotion told by ${promotion.by} at ${minute(promotion.at)} (${promotion.incident})`;
  const time = `${minute(since)} to ${until === undefined ? 'now' : minute(until)}`;
  const firm = provisional ? ', seen once so far' : '';
  return `${shortHash(digest)}  ${time.padEnd(40)}  ${bytes(size)}, from ${from}, ${by}${firm}${promoted}`;
}

/** `2026-03-01 01:40 UTC`. */
export function minute(instant: Instant): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
