import type { Refusal } from './fault.ts';
import type { NodeName } from './names.ts';
import type { Plan } from './plan.ts';
import { count } from './wording.ts';

/** How often something may be changed within an hour: one node, and all nodes together. */
export type Caps = { readonly perNodeHour: number; readonly perClusterHour: number };

/** One change of one node, milliseconds since the epoch. */
export type Change = { readonly node: NodeName; readonly atMs: number };

/** How long a change counts. */
export const CAP_WINDOW_MS = 3_600_000;

/** A new node's first fill is outside the caps: it makes nothing worse, and a new rack would use them up. */
export function isCapped({ repair }: Pick<Plan, 'repair'>): boolean {
  return repair !== 'fill-node';
}

/** Why these nodes may not be changed now, with when there is room again. `whose`: who set the caps, in words. */
export function capRefusal(
  nodes: readonly NodeName[],
  changes: readonly Change[],
  { perNodeHour, perClusterHour }: Caps,
  { nowMs, whose }: { readonly nowMs: number; readonly whose: string },
): Refusal | undefined {
  const lately = changes.filter(({ atMs }) => atMs > nowMs - CAP_WINDOW_MS);
  const all = roomAt(lately, nodes.length, perClusterHour);
  if (all !== undefined)
    return refusal(
      `The cluster was changed ${count(lately.length, 'time')} within the last hour, and this would change ${count(nodes.length, 'node')}`,
      perClusterHour,
      all,
      whose,
    );
  for (const node of new Set(nodes)) {
    const there = lately.filter((change) => change.node === node);
    const free = roomAt(there, 1, perNodeHour);
    if (free !== undefined)
      return refusal(
        `${node} was changed ${count(there.length, 'time')} within the last hour`,
        perNodeHour,
        free,
        whose,
      );
  }
  return undefined;
}

/** When so many more fit under the cap; `never` when more are asked for than it allows at all; undefined: now. */
function roomAt(changes: readonly Change[], asked: number, cap: number): number | 'never' | undefined {
  if (asked > cap) return 'never';
  const over = changes.length + asked - cap;
  if (over <= 0) return undefined;
  const times = changes.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  return (times[over - 1] ?? 0) + CAP_WINDOW_MS;
}

function refusal(what: string, cap: number, room: number | 'never', whose: string): Refusal {
  const when =
    room === 'never'
      ? 'Ask for fewer nodes at once'
      : `There is room again at ${new Date(room).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return { code: 'cap_reached', text: `${what}; ${whose} allows ${cap}. ${when}. Nothing more was run.` };
}
