import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import { type EnvelopeState, phaseOf, STANDING } from '../domain/envelope.ts';
import { holdRefusal } from '../domain/hold.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Standing } from '../domain/standing.ts';

/** Incidents that are looked through for something to repair. */
const SEARCHED = 50;

/** Asks for plans where an alert or the schedule found what a standing approval may cover; once a look. What comes of them is decided when they are made. */
export async function planStanding(options: {
  readonly ledger: Ledger;
  readonly orders: Orders;
  readonly dispatch: Pick<Dispatch, 'plan'>;
  readonly inventory: Inventory;
  readonly now: () => Date;
}): Promise<void> {
  const { ledger, orders, dispatch, inventory, now } = options;
  const held = heldNow(await orders.standing(), now());
  if (held.length === 0) return;
  for (const id of await ledger.incidents(SEARCHED)) {
    const incident = incidentOf(await ledger.entries(id));
    if (incident === undefined || !isFree(incident, now())) continue;
    const scope = coveredScope(incident, held);
    if (scope === undefined) continue;
    const asked = { kind: 'asked', by: STANDING, text: 'fix, under a standing approval' } as const;
    const entry = await ledger.append(id, asked, { once: `standing:${id}:${incident.looks}` });
    if (entry === undefined) continue;
    await dispatch.plan({ incident: id, scope, by: STANDING, inventory: inventory.digest });
  }
}

/** The standing approvals that hold at this moment, those that only count too. */
export function heldNow({ envelopes }: Standing, now: Date): EnvelopeState[] {
  return [...envelopes.values()].filter((state) => ['shadow', 'live'].includes(phaseOf(state, now.getTime())));
}

/** An alert's or the schedule's incident that is open, with nothing of it in people's hands. */
export function isFree(incident: Incident, now: Date): boolean {
  const { alert, untold, status, prompts } = incident;
  const busy = prompts.some(({ state }) => state === 'waiting' || state === 'authorized' || state === 'running');
  return alert !== undefined && !untold && status === 'open' && !busy && holdRefusal(incident, now) === undefined;
}

/** The part of an incident that is wrong and that some standing approval names. */
export function coveredScope(
  { findings, scope }: Incident,
  held: readonly EnvelopeState[],
): Incident['scope'] | undefined {
  const covered = findings.filter(({ node, model }) =>
    held.some(
      ({ envelope }) => envelope.nodes.includes(node) && (model === undefined || envelope.models.includes(model)),
    ),
  );
  if (covered.length === 0) return undefined;
  const named = covered.flatMap(({ model }) => model ?? []);
  return {
    ...scope,
    nodes: [...new Set(covered.map(({ node }) => node))],
    models: named.length === 0 ? scope.models : [...new Set(named)],
  };
}
