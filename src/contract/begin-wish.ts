import type { Scope, Wish } from '../domain/entry.ts';
import { placeOf } from './begin-look.ts';
import type { CommandContext, Reply } from './command.ts';

/** Opens an incident for a change that a person wished for, and asks a worker to plan it. */
export async function beginWish(text: string, scope: Scope, wish: Wish, context: CommandContext): Promise<Reply> {
  const { ledger, dispatch, inventory, who } = context;
  const incident = context.newIncidentId();
  const beginning = await ledger.append(incident, {
    kind: 'opened',
    by: who,
    text: text.slice(0, 2_000),
    scope,
    ...placeOf(context),
  });
  await dispatch.plan({ incident, scope, by: who, inventory: inventory.digest, wish });
  return { kind: 'begun', incident, until: 'planned', since: beginning?.id ?? '' };
}
