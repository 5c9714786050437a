import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command } from '../src/contract/command.ts';
import { type Lock, LockId, lockedThings } from '../src/domain/standing.ts';
import { joined } from '../src/domain/wording.ts';
import { thingsNamed } from './lock.ts';

export const unlock: Command = {
  name: 'unlock',
  topic: 'guard',
  summary: 'End a lock',
  usage: 'unlock <lock|node set|model>',
  examples: ['unlock l-0412aa07', 'unlock vast-3', 'unlock hex8_2p'],
  right: 'operate',
  async handle([what, ...more], context) {
    const { orders, who, now } = context;
    if (what === undefined || more.length > 0) {
      const text =
        'unlock takes one lock, or exactly what was locked: unlock l-0412aa07, unlock vast-3. locks lists them.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const locks = (await orders.standing()).locks.filter(({ until }) => until === undefined);
    const found = LockId.safeParse(what).success ? locks.filter(({ id }) => id === what) : undefined;
    const things = found === undefined ? thingsNamed(what, context) : undefined;
    if (things?.ok === false) return things.reply;
    const ending = found ?? locks.filter((lock) => things !== undefined && isSame(lock, things));
    if (ending.length === 0) {
      const known =
        locks.length === 0
          ? 'There is none.'
          : `Locks are ${joined(locks.map((one) => `${one.id} (${lockedThings(one)})`))}.`;
      return {
        kind: 'refused',
        refusal: { code: 'lock_unknown', text: `No lock is called ${what}, and none is on exactly that. ${known}` },
      };
    }
    const refusal = changeRefusal(context, {
      command: 'unlock',
      what: `unlock ${what}`,
      nodes: ending.flatMap(({ nodes }) => nodes),
      models: ending.flatMap(({ models }) => models),
    });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    for (const { id } of ending) await orders.append({ kind: 'unlocked', by: who, at: now().toISOString(), id });
    const lines = ending.map((one) => `${one.id} is ended: ${lockedThings(one)} may be changed again.`);
    return { kind: 'said', lines, json: { ended: ending.map(({ id }) => id) }, exit: 0 };
  },
};

function isSame(
  lock: Lock,
  things: { readonly nodes: readonly string[]; readonly models: readonly string[] },
): boolean {
  const key = ({ nodes, models }: typeof things) => JSON.stringify([nodes.toSorted(), models.toSorted()]);
  return key(lock) === key(things);
}
