import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command } from '../src/contract/command.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';
import { LockId, lockWords } from '../src/domain/standing.ts';

const EXAMPLE = 'exclude vast-3 for 7d its disk is being replaced';
const HOUR_MS = 3_600_000;
const MAX_MS = 90 * 24 * HOUR_MS;

export const exclude: Command = {
  name: 'exclude',
  topic: 'guard',
  summary: 'Let nodes not count for a time: never looked at unasked, never changed, in no sum',
  usage: 'exclude <node set> for <12h|7d> [reason]',
  examples: [EXAMPLE, 'exclude vast-* for 12h the provider moves them'],
  right: 'operate',
  async handle(words, context) {
    const { inventory, orders, who, now, newIncidentId } = context;
    const at = words.indexOf('for');
    const ms = at === 1 ? durationOf(words[2] ?? '') : undefined;
    if (ms === undefined || ms > MAX_MS)
      return refused('usage', `exclude takes nodes, and for how long, at most 90d, as in ${EXAMPLE}.`);
    const set = resolveNodeSet(words[0] ?? '', inventory.nodes);
    if (!set.ok) return { kind: 'refused', refusal: set.refusal };
    const named = set.nodes.map(({ name }) => name);
    const refusal = changeRefusal(context, { command: 'exclude', what: `exclude ${words[0] ?? ''}`, nodes: named });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const source = set.nodes.find(({ coordinator }) => coordinator);
    if (source !== undefined)
      return refused('usage', `${source.name} is where models come from: without it nothing can be judged.`);
    const made = {
      id: LockId.parse(newIncidentId().replace('i-', 'x-')),
      by: who,
      at: now().toISOString(),
      nodes: named,
      until: new Date(now().getTime() + ms).toISOString(),
      reason: words
        .slice(3)
        .join(' ')
        .replace(/^because\s+/, '')
        .slice(0, 300),
    };
    await orders.append({ kind: 'excluded', ...made });
    const rest = `They are looked at again then, before they count; "include ${made.id}" ends it early.`;
    return { kind: 'said', lines: [lockWords({ ...made, models: [] }), rest], json: { exclusion: made }, exit: 0 };
  },
};

/** `12h` or `7d`, in milliseconds. */
function durationOf(word: string): number | undefined {
  const [, number, unit] = /^(\d{1,3})([hd])$/.exec(word) ?? [];
  const ms = Number(number) * (unit === 'h' ? HOUR_MS : 24 * HOUR_MS);
  return ms > 0 ? ms : undefined;
}

function refused(code: Refusal['code'], text: string) {
  return { kind: 'refused', refusal: { code, text: `${text} Nothing was changed.` } } as const;
}
