import type { Orders } from '../contract/orders.ts';
import { PROGRESS_CHECK } from '../domain/daemon.ts';
import { digestOf } from '../domain/digest.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { IncidentId, Instant } from '../domain/names.ts';
import { silentUntil } from '../domain/silence.ts';
import { endExclusions } from './end-exclusions.ts';
import { type OpenAlertOptions, scopeOf } from './open-alert.ts';
import { SCHEDULE } from './scheduled-look.ts';

/** So long after its time an incident is told even when no look has ended: a worker that does not answer is news. */
const PATIENCE_MS = 60_000;
const SECOND_LOOK_S = 60;
/** From the sixth cause within this time on one incident tells of all further ones. */
const STORM_MS = 300_000;
const STORM_CAUSES = 5;
const STORM = 'storm';
/** Incidents that are searched for what the schedule found, newest first. */
const RECENT = 100;
const TEXT_MAX = 300;

type TendAlertsOptions = Omit<OpenAlertOptions, 'limits'> & {
  readonly limits: Pick<OpenAlertOptions['limits'], 'watchEveryMs'>;
  readonly orders: Orders;
};

/** Writes down how often causes were told since the last time. */
export async function writeCounts({ ledger, causes }: Pick<TendAlertsOptions, 'ledger' | 'causes'>): Promise<void> {
  for (const { incident, times } of await causes.takeGrown()) {
    const known = incidentOf(await ledger.entries(incident));
    // One that is over is reopened by a look of its own, not by a count.
    if (known === undefined || isOver(known.status) || times <= known.seen) continue;
    await ledger.append(incident, { kind: 'repeated', times }, { once: `repeated:${incident}:${times}` });
  }
}

/** Ends exclusions whose time is over, and decides about incidents whose wait is. All that it goes by is durable. */
export async function tendAlerts(options: TendAlertsOptions): Promise<void> {
  await endExclusions(options);
  const { ledger, now } = options;
  for (const id of await ledger.waiting(now().getTime())) await decide(id, options);
}

/** Looks once more at the end of the wait; what is clear then was mended by the daemon's own retry, and nobody is told. */
async function decide(id: IncidentId, options: TendAlertsOptions): Promise<void> {
  const { ledger, seen, dispatch, inventory, now } = options;
  const incident = incidentOf(await ledger.entries(id));
  const until = incident?.quietUntil;
  if (incident === undefined || until === undefined) return;
  if (!incident.judged) return raiseUnlessSilent(incident, until, options);
  const late = now().getTime() - Date.parse(until) > PATIENCE_MS;
  if (!late && incident.status === 'looking') return;
  if (!late && isUnderWay(incident)) return goOn(incident, until, options);
  if (isOver(incident.status) || (await isToldElsewhere(incident, options)))
    return void (await ledger.append(id, { kind: 'settled' }, { once: `waited:${id}:${until}` }));
  const { look, scope } = incident;
  if (!late && look !== undefined && Date.parse(look.at) < Date.parse(until)) {
    if (await seen.firstTime(`second look ${id} ${until}`, SECOND_LOOK_S))
      await dispatch.check({
        incident: id,
        scope,
        fresh: false,
        inventory: inventory.digest,
        ...promotionOf(incident),
      });
    return;
  }
  await raiseUnlessSilent(incident, until, options);
}

/** A promotion that has not reached all nodes yet and is not stuck either. */
function isUnderWay({ scope, unknown }: Incident): boolean {
  return scope.checks.includes(PROGRESS_CHECK) && unknown.some(({ check }) => check === PROGRESS_CHECK);
}

/** Waits on, and looks again at the end of it. */
async function goOn(incident: Incident, until: string, options: TendAlertsOptions): Promise<void> {
  const { id, scope } = incident;
  const { ledger, dispatch, inventory, limits, now } = options;
  const quietUntil = new Date(now().getTime() + limits.watchEveryMs).toISOString();
  if ((await ledger.append(id, { kind: 'waits', quietUntil }, { once: `waits:${id}:${until}` })) === undefined) return;
  await dispatch.check({ incident: id, scope, fresh: false, inventory: inventory.digest, ...promotionOf(incident) });
}

/** When the promotion was told that an incident follows; what only waits for nodes tells of none. */
function promotionOf({ alert, toldAt }: Incident): { readonly promotedAt?: Instant } {
  return alert?.startsWith('MODEL_PROMOTED') === true ? { promotedAt: toldAt } : {};
}

/** What the schedule found is news only where no other open incident tells of it already. */
async function isToldElsewhere({ id, openedBy, findings }: Incident, { ledger }: TendAlertsOptions): Promise<boolean> {
  if (openedBy !== SCHEDULE || findings.length === 0) return false;
  const told = new Set<string>();
  for (const other of await ledger.recent(RECENT)) {
    const incident = other === id ? undefined : incidentOf(await ledger.entries(other));
    if (incident === undefined || incident.untold || !incident.isIncident || isOver(incident.status)) continue;
    for (const finding of incident.findings) told.add(finding.id);
  }
  return findings.every((finding) => told.has(finding.id));
}

/** What somebody silenced waits for the end of the silence, and is looked at again then. */
async function raiseUnlessSilent(incident: Incident, until: string, options: TendAlertsOptions): Promise<void> {
  const { ledger, orders, now } = options;
  const { silences } = await orders.standing();
  const quietUntil = silentUntil(silences, incident, now().getTime());
  if (quietUntil === undefined) return raise(incident, until, options);
  await ledger.append(incident.id, { kind: 'waits', quietUntil }, { once: `waits:${incident.id}:${until}` });
}

/** Tells people, in a thread of its own or, when there are many causes at once, in that of all of them. */
async function raise({ id, text }: Incident, until: string, options: TendAlertsOptions): Promise<void> {
  const { ledger, now } = options;
  const many = (await ledger.raisedSince(now().getTime() - STORM_MS)) >= STORM_CAUSES;
  const into = many ? await stormOf(options) : undefined;
  if (into !== undefined) {
    const joined = { kind: 'joined', incident: id, text: text.slice(0, TEXT_MAX) } as const;
    await ledger.append(into, joined, { once: `joined:${into}:${id}:${until}` });
  }
  await ledger.append(
    id,
    { kind: 'raised', ...(into === undefined ? {} : { into }) },
    { once: `waited:${id}:${until}` },
  );
}

/** The incident that tells of many causes: the present one, or a new one with a look at everything. */
async function stormOf(options: TendAlertsOptions): Promise<IncidentId> {
  const { ledger, causes, dispatch, inventory, now, channel, among } = options;
  const known = await causes.incidentOf(STORM);
  const before = known === undefined ? undefined : incidentOf(await ledger.entries(known));
  if (before !== undefined && (!isOver(before.status) || now().getTime() - Date.parse(before.lastAt) < STORM_MS))
    return before.id;
  const after = { ...(known === undefined ? {} : { after: known }), ...(among === undefined ? {} : { among }) };
  const id = `i-${digestOf({ cause: STORM, ...after }).slice(0, 8)}`;
  const scope = scopeOf({ models: [] }, options);
  const text = 'many causes within five minutes';
  const place = channel === undefined ? {} : { place: { channel } };
  await ledger.append(
    id,
    { kind: 'opened', by: 'alert:medic', text, alert: text, scope, ...place },
    { once: `alert:${id}` },
  );
  await causes.set(STORM, id);
  if ((await ledger.entries(id)).length === 1)
    await dispatch.check({ incident: id, scope, fresh: false, inventory: inventory.digest });
  return id;
}
