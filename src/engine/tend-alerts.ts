import { MEDIC } from '../domain/asker.ts';
import { PROGRESS_CHECK } from '../domain/daemon.ts';
import { digestOf } from '../domain/digest.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import { explainedBy } from '../domain/inhibition.ts';
import type { IncidentId, Instant } from '../domain/names.ts';
import { silenceWords, silentUntil } from '../domain/silence.ts';
import { askLook, beginQueued } from './ask-look.ts';
import { endExclusions } from './end-exclusions.ts';
import { scopeOf } from './open-alert.ts';
import { SCHEDULE } from './scheduled-look.ts';
import { type Silences, silencesOnce, type TendAlertsOptions } from './silences-now.ts';
import { tendOpen } from './tend-open.ts';

/** So long after its time an incident is told even when no look has ended: a worker that does not answer is news. */
const PATIENCE_MS = 60_000;
/** … and so long when its look waits for its turn. */
const PATIENCE_IN_THE_ROW_MS = 600_000;
const SECOND_LOOK_S = 60;
const MINUTE_MS = 60_000;
/** From the sixth cause within this time on one incident tells of all further ones. */
const STORM_MS = 300_000;
const STORM_CAUSES = 5;
const STORM = 'storm';
/** Incidents that are searched for what the schedule found, newest first. */
const RECENT = 100;
const TEXT_MAX = 300;

/** Writes down how often causes were told since the last time. */
export async function writeCounts({ ledger, causes }: Pick<TendAlertsOptions, 'ledger' | 'causes'>): Promise<void> {
  for (const { incident, times } of await causes.takeGrown()) {
    const known = incidentOf(await ledger.entries(incident));
    // One that is over is reopened by a look of its own, not by a count.
    if (known === undefined || isOver(known.status) || times <= known.seen) continue;
    await ledger.append(incident, { kind: 'repeated', times }, { once: `repeated:${incident}:${times}` });
  }
}

/** Ends exclusions whose time is over, begins looks that waited for their turn, decides about incidents whose wait is over, and keeps open ones true. All that it goes by is durable. */
export async function tendAlerts(options: TendAlertsOptions): Promise<void> {
  await endExclusions(options);
  await beginQueued(options);
  const { ledger, now } = options;
  const round = { ...options, known: recentOf(options), silences: silencesOnce(options) };
  for (const id of await ledger.waiting(now().getTime())) await decide(id, round);
  await tendOpen(options);
}

/** Tells people of an incident that nobody was told of yet, unless it is silenced. True: they are told. */
export async function raiseNow(incident: Incident, options: TendAlertsOptions): Promise<boolean> {
  const until = incident.quietUntil ?? incident.lastAt;
  return raiseUnlessSilent(incident, until, {
    ...options,
    known: recentOf(options),
    silences: silencesOnce(options),
  });
}

type DecideOptions = TendAlertsOptions & { readonly known: Recent; readonly silences: Silences };

/** Looks once more at the end of the wait; what is clear then was mended by the daemon's own retry, and nobody is told. */
async function decide(id: IncidentId, options: DecideOptions): Promise<void> {
  const { ledger, now } = options;
  const incident = incidentOf(await ledger.entries(id));
  const until = incident?.quietUntil;
  if (incident === undefined || until === undefined) return;
  if (incident.flapping !== undefined) return decideFlapping(incident, until, options);
  if (!incident.judged) return void (await raiseUnlessSilent(incident, until, options));
  // A look that waits for its turn is late by our own rule, and is no news.
  const patience = incident.lookWaits ? PATIENCE_IN_THE_ROW_MS : PATIENCE_MS;
  const late = now().getTime() - Date.parse(until) > patience;
  if (!late && incident.status === 'looking') return;
  if (!late && isUnderWay(incident)) return goOn(incident, until, options);
  if (isOver(incident.status) || (await isToldElsewhere(incident, options)))
    return void (await ledger.append(id, { kind: 'settled' }, { once: `waited:${id}:${until}` }));
  if (!late && (await lookAfter(incident, until, options))) return;
  if (await isExplained(incident, until, options)) return;
  await raiseUnlessSilent(incident, until, options);
}

/** Asks once for a look that is younger than the end of the wait; false: there is one. */
async function lookAfter(incident: Incident, until: Instant, options: DecideOptions): Promise<boolean> {
  const { seen, inventory } = options;
  const { id, look, scope } = incident;
  if (look === undefined || Date.parse(look.at) >= Date.parse(until)) return false;
  if (await seen.firstTime(`second look ${id} ${until}`, SECOND_LOOK_S))
    await askLook(
      { incident: id, scope, fresh: false, inventory: inventory.digest, ...promotionOf(incident) },
      options,
    );
  return true;
}

/** What another incident tells of already waits for the end of that one, and is named there. */
async function isExplained(incident: Incident, until: Instant, { known, ...options }: DecideOptions): Promise<boolean> {
  const { ledger, inventory, limits, now } = options;
  const coordinator = inventory.nodes.find((node) => node.coordinator)?.name;
  const after = explainedBy(incident, await known.all(), coordinator);
  if (after === undefined) return false;
  const { id, text } = incident;
  const quietUntil = new Date(now().getTime() + limits.groupIntervalMs).toISOString();
  const joined = { kind: 'joined', incident: id, text: text.slice(0, TEXT_MAX) } as const;
  await ledger.append(after, joined, { once: `joined:${after}:${id}` });
  await ledger.append(id, { kind: 'waits', quietUntil, after }, { once: `waits:${id}:${until}` });
  return true;
}

/** Steady is what no look has found otherwise for the whole time; until then it waits on. */
async function decideFlapping(incident: Incident, until: Instant, options: DecideOptions): Promise<void> {
  const { ledger, limits, now } = options;
  const { id, turnedAt } = incident;
  if (await lookAfter(incident, until, options)) return;
  const steadyMs = Date.parse(turnedAt) + limits.steadyMinutes * MINUTE_MS;
  if (steadyMs <= now().getTime())
    return void (await ledger.append(id, { kind: 'steady' }, { once: `steady:${id}:${until}` }));
  const quietUntil = new Date(steadyMs).toISOString();
  await ledger.append(id, { kind: 'waits', quietUntil }, { once: `waits:${id}:${until}` });
}

/** Recent incidents as they are now, read once for all decisions of one round; what changes meanwhile is read anew. */
type Recent = { all(): Promise<readonly Incident[]>; forget(id: IncidentId): void };

function recentOf({ ledger }: Pick<TendAlertsOptions, 'ledger'>): Recent {
  const read = new Map<IncidentId, Incident | undefined>();
  let ids: readonly IncidentId[] | undefined;
  return {
    async all() {
      ids ??= await ledger.incidents(RECENT);
      for (const id of ids) if (!read.has(id)) read.set(id, incidentOf(await ledger.entries(id)));
      return [...read.values()].filter((one) => one !== undefined);
    },
    forget: (id) => void read.delete(id),
  };
}

/** A promotion that has not reached all nodes yet and is not stuck either. */
function isUnderWay({ scope, unknown }: Incident): boolean {
  return scope.checks.includes(PROGRESS_CHECK) && unknown.some(({ check }) => check === PROGRESS_CHECK);
}

/** Waits on, and looks again at the end of it. */
async function goOn(incident: Incident, until: string, options: TendAlertsOptions): Promise<void> {
  const { id, scope } = incident;
  const { ledger, inventory, limits, now } = options;
  const quietUntil = new Date(now().getTime() + limits.watchEveryMs).toISOString();
  if ((await ledger.append(id, { kind: 'waits', quietUntil }, { once: `waits:${id}:${until}` })) === undefined) return;
  await askLook({ incident: id, scope, fresh: false, inventory: inventory.digest, ...promotionOf(incident) }, options);
}

/** When the promotion was told that an incident follows; what only waits for nodes tells of none. */
function promotionOf({ alert, toldAt }: Incident): { readonly promotedAt?: Instant } {
  return alert?.startsWith('MODEL_PROMOTED') === true ? { promotedAt: toldAt } : {};
}

/** What the schedule found is news only where no other open incident tells of it already. */
async function isToldElsewhere({ id, openedBy, findings }: Incident, { known }: DecideOptions): Promise<boolean> {
  if (openedBy !== SCHEDULE || findings.length === 0) return false;
  const told = new Set(
    (await known.all())
      .filter((other) => other.id !== id && !other.untold && other.isIncident && !isOver(other.status))
      .flatMap((other) => other.findings.map((finding) => finding.id)),
  );
  return findings.every((finding) => told.has(finding.id));
}

/** What somebody silenced waits for the end of the silence, and is looked at again then. */
async function raiseUnlessSilent(incident: Incident, until: string, options: DecideOptions): Promise<boolean> {
  const { ledger, silences, now } = options;
  const silence = silentUntil(await silences(), incident, now().getTime());
  if (silence === undefined) {
    await raise(incident, until, options);
    return true;
  }
  const waits = { kind: 'waits', quietUntil: silence.until, silence: silenceWords(silence).slice(0, 500) } as const;
  await ledger.append(incident.id, waits, { once: `waits:${incident.id}:${until}` });
  return false;
}

/** Tells people, in a thread of its own or, when there are many causes at once, in that of all of them. */
async function raise({ id, text }: Incident, until: string, options: DecideOptions): Promise<void> {
  const { ledger, agenda, limits, known, now } = options;
  await agenda.plan(id, now().getTime() + limits.groupIntervalMs);
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
  known.forget(id);
}

/** The incident that tells of many causes: the present one, or a new one with a look at everything. */
async function stormOf(options: TendAlertsOptions): Promise<IncidentId> {
  const { ledger, causes, agenda, inventory, limits, now, channel, among } = options;
  const known = await causes.incidentOf(STORM);
  const before = known === undefined ? undefined : incidentOf(await ledger.entries(known));
  if (before !== undefined && (!isOver(before.status) || now().getTime() - Date.parse(before.lastAt) < STORM_MS))
    return before.id;
  const after = { ...(known === undefined ? {} : { after: known }), ...(among === undefined ? {} : { among }) };
  const id = `i-${digestOf({ cause: STORM, ...after }).slice(0, 8)}`;
  const scope = scopeOf({ models: [] }, options);
  const text = 'many causes within five minutes';
  const place = channel === undefined ? {} : { place: { channel } };
  await ledger.append(id, { kind: 'opened', by: MEDIC, text, alert: text, scope, ...place }, { once: `alert:${id}` });
  await causes.set(STORM, id);
  await agenda.plan(id, now().getTime() + limits.groupIntervalMs);
  if ((await ledger.entries(id)).length === 1)
    await askLook({ incident: id, scope, fresh: false, inventory: inventory.digest }, options);
  return id;
}
