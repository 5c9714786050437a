import { z } from 'zod';
import { digestOf } from './digest.ts';
import { Instant, ModelName } from './names.ts';
import type { Node } from './node.ts';
import { resolveNodeSet } from './node-set.ts';
import { type Silence, SilenceId } from './silence.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const MUST_BE_WEEKLY =
  'must be days and a time in UTC, as in "sun 02:00-04:00", "mon-fri 22:00-01:00" or "02:00-02:30"';
const MUST_BE_INSTANT = 'must be a time in UTC, as in 2026-12-01T22:00:00Z';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const WEEKLY = new RegExp(`^(?:(?:(${DAYS.join('|')})(?:-(${DAYS.join('|')}))?) )?(${TIME})-(${TIME})$`);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A time in which nobody is told of what is wrong with these nodes or models: every week, or once from one moment to another. */
export const Maintenance = z
  .strictObject({
    /** A node set, read anew each time. */
    nodes: z.string({ error: 'must be a node set, as in vast-*' }).min(1).max(1_000).optional(),
    models: z.array(ModelName, { error: "must be a list of models' names, as hex8_2p" }).min(1).optional(),
    weekly: z.string({ error: MUST_BE_WEEKLY }).regex(WEEKLY, { error: MUST_BE_WEEKLY }).optional(),
    from: z.iso.datetime({ error: MUST_BE_INSTANT }).pipe(Instant).optional(),
    to: z.iso.datetime({ error: MUST_BE_INSTANT }).pipe(Instant).optional(),
    reason: z.string({ error: 'must be text' }).max(300).default(''),
  })
  .refine(({ nodes, models }) => nodes !== undefined || models !== undefined, {
    error: 'says neither nodes nor models; nodes: "@all" is everything',
  })
  .refine(
    ({ weekly, from, to }) =>
      weekly === undefined ? from !== undefined && to !== undefined : (from ?? to) === undefined,
    { error: 'says when by weekly alone, or by from and to' },
  )
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    error: 'ends before it begins',
  });
export type Maintenance = z.infer<typeof Maintenance>;

/** Who silences what a window of medic.yaml covers. */
export const MAINTENANCE = 'alert:maintenance';

/** The windows that are open now, as silences that end with them. A node set that means nothing any more covers nothing. */
export function windowsAt(windows: readonly Maintenance[], nodes: readonly Node[], nowMs: number): readonly Silence[] {
  return windows.flatMap((window) => {
    const span = spanAt(window, nowMs);
    if (span === undefined) return [];
    const set = window.nodes === undefined ? undefined : resolveNodeSet(window.nodes, nodes);
    if (set?.ok === false) return [];
    const id = SilenceId.parse(`s-${digestOf({ window, from: span.fromMs }).slice(0, 8)}`);
    return [
      {
        id,
        by: MAINTENANCE,
        at: new Date(span.fromMs).toISOString(),
        until: new Date(span.toMs).toISOString(),
        models: window.models ?? [],
        nodes: set?.nodes.map(({ name }) => name) ?? [],
        reason: window.reason,
      },
    ];
  });
}

type Span = { readonly fromMs: number; readonly toMs: number };

function spanAt({ weekly, from, to }: Maintenance, nowMs: number): Span | undefined {
  if (weekly === undefined) {
    const span = { fromMs: Date.parse(from ?? ''), toMs: Date.parse(to ?? '') };
    return holds(span, nowMs) ? span : undefined;
  }
  const [, first, last, begins = '', ends = ''] = WEEKLY.exec(weekly) ?? [];
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  // One that began yesterday may go on over midnight.
  return [today, today - DAY_MS]
    .filter((day) => isOn(new Date(day).getUTCDay(), first, last ?? first))
    .map((day) => {
      const fromMs = day + msOf(begins);
      const toMs = day + msOf(ends);
      return { fromMs, toMs: toMs > fromMs ? toMs : toMs + DAY_MS };
    })
    .find((span) => holds(span, nowMs));
}

function isOn(day: number, first: string | undefined, last: string | undefined): boolean {
  const [a, b] = [first, last].map((name) => DAYS.findIndex((known) => known === name));
  if (a === undefined || b === undefined || a < 0) return true;
  return a <= b ? day >= a && day <= b : day >= a || day <= b;
}

function holds({ fromMs, toMs }: Span, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs < toMs;
}

/** `02:30` in milliseconds since midnight. */
function msOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}
