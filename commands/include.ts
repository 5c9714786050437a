import { placeOf } from '../src/contract/begin-look.ts';
import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command } from '../src/contract/command.ts';
import { usualChecks } from '../src/domain/asked-scope.ts';
import { exclusionsIn, LockId, lockedThings } from '../src/domain/standing.ts';
import { joined } from '../src/domain/wording.ts';

export const include: Command = {
  name: 'include',
  topic: 'guard',
  summary: 'Let excluded nodes count again, once they have been looked at',
  usage: 'include <exclusion|node>',
  examples: ['include x-0412aa07', 'include vast-3'],
  right: 'operate',
  async handle([what, ...more], context) {
    const { orders, ledger, dispatch, inventory, models, checks, who, now } = context;
    const standing = exclusionsIn(await orders.standing());
    const ending = standing.filter(({ id, nodes }) => id === what || (what !== undefined && nodes.includes(what)));
    if (ending.length === 0 || more.length > 0) {
      const known =
        standing.length === 0
          ? 'Nothing is excluded.'
          : `There are ${joined(standing.map((one) => `${one.id} (${lockedThings(one)})`))}.`;
      const text = `include takes one exclusion, or one node of it, as in include vast-3. ${known}`;
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const isNamed = (name: string): boolean => name === what || ending.some(({ id }) => id === what);
    const named = ending.flatMap((one) => one.nodes).filter(isNamed);
    const refusal = changeRefusal(context, { command: 'include', what: `include ${what ?? ''}`, nodes: named });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const there = new Set(inventory.nodes.map(({ name }) => name));
    const nodes = [...new Set(named)].filter((name) => there.has(name));
    const incident = context.newIncidentId();
    for (const one of ending) {
      // What was not named stays excluded, by whoever did it and as long.
      const rest = one.nodes.filter((name) => !isNamed(name));
      const id = LockId.parse(context.newIncidentId().replace('i-', 'x-'));
      const { by, at, until, reason } = one;
      if (rest.length > 0) await orders.append({ kind: 'excluded', id, by, at, until, reason, nodes: rest });
      const ended = { kind: 'included', id: one.id, by: who, at: now().toISOString() } as const;
      await orders.append(nodes.length === 0 ? ended : { ...ended, after: incident });
    }
    if (nodes.length === 0)
      return { kind: 'said', lines: ['They are not in the inventory any more.'], json: { included: [] }, exit: 0 };
    const scope = { models: models.map(({ name }) => name), nodes, checks: usualChecks(checks) };
    const text = `include ${what ?? ''}`;
    const begun = await ledger.append(incident, { kind: 'opened', by: who, text, scope, ...placeOf(context) });
    await dispatch.check({ incident, scope, fresh: false, inventory: inventory.digest });
    return { kind: 'begun', incident, until: 'checked', since: begun?.id ?? '', view: 'findings' };
  },
};
