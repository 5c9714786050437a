import type { Agenda } from '../contract/agenda.ts';
import type { Causes } from '../contract/causes.ts';
import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { SeenStore } from '../contract/told.ts';
import { type KnownCheck, usualChecks } from '../domain/asked-scope.ts';
import { PROGRESS_CHECK } from '../domain/daemon.ts';
import { digestOf } from '../domain/digest.ts';
import type { Scope } from '../domain/entry.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { ClusterName, IncidentId, JobName, ModelName, NodeName } from '../domain/names.ts';
import { defaultNodes } from '../domain/node-set.ts';
import { askLook } from './ask-look.ts';

/** Looks that alerts of one cause start are at least so far apart. */
const LOOK_APART_S = 30;

export type AlertHints = {
  readonly sender: string;
  readonly title: string;
  /** What came, where nothing in it could be read. */
  readonly raw?: string;
  readonly models: readonly ModelName[];
  readonly nodes: readonly NodeName[];
  /** Checks beside the usual ones. */
  readonly also?: readonly JobName[];
  /** Equal for alerts of one cause. */
  readonly fingerprint: string;
  /** Equal for the same alert sent again. */
  readonly delivery: string;
  /** The sender says that it is over: a look finds out. */
  readonly ended: boolean;
  /** A clear look says that there is nothing to tell. */
  readonly judged: boolean;
  readonly waits: 'group' | 'retry' | 'watch';
};

export type OpenAlertOptions = {
  readonly ledger: Ledger;
  readonly causes: Causes;
  readonly seen: SeenStore;
  readonly agenda: Agenda;
  readonly dispatch: Dispatch;
  readonly inventory: Inventory;
  readonly models: readonly { name: string }[];
  readonly checks: readonly KnownCheck[];
  readonly limits: AlertLimits;
  readonly now: () => Date;
  readonly channel: string | undefined;
  /** The cluster's name where an installation has several: the same cause has another id in each. */
  readonly among?: ClusterName | undefined;
};

/** Times of Alertmanager under their names, and how long an incident that is over takes its cause back (minutes). */
export type AlertLimits = {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly retryWindowMs: number;
  /** How often a promotion that is under way is looked at. */
  readonly watchEveryMs: number;
  readonly reopenMinutes: number;
  /** What is open and unchanged for so long is told again. */
  readonly repeatIntervalMs: number;
  readonly looksPerMinute: number;
  /** So often wrong within this time is flapping, until nothing has changed for `steadyMinutes`. */
  readonly flapTimes: number;
  readonly flapMinutes: number;
  readonly steadyMinutes: number;
};

/**
 * Opens the incident of an alert and asks for a look, or folds the alert into the incident that its cause has already. Ids are made of
 * the cause and of the incident before, so that a sender that tries again, or a bot that died in between, finds the same one. Undefined: an
 * end is told of something that is not open.
 */
export async function openAlert(alert: AlertHints, options: OpenAlertOptions): Promise<IncidentId | undefined> {
  const { ledger, causes, now, limits } = options;
  const known = await causes.incidentOf(alert.fingerprint);
  const before = known === undefined ? undefined : incidentOf(await ledger.entries(known));
  const age = before === undefined ? 0 : now().getTime() - Date.parse(before.lastAt);
  if (before !== undefined && (!isOver(before.status) || age < limits.reopenMinutes * 60_000))
    return fold(alert, before, options);
  return alert.ended ? undefined : openAfter(alert, known, options);
}

/** Opens an incident that comes after `before`, and asks for its first look. */
export async function openAfter(
  alert: AlertHints,
  before: IncidentId | undefined,
  options: OpenAlertOptions,
): Promise<IncidentId> {
  const { ledger, causes, inventory, now, channel, among } = options;
  const after = { ...(before === undefined ? {} : { after: before }), ...(among === undefined ? {} : { among }) };
  const incident = `i-${digestOf({ cause: alert.fingerprint, ...after }).slice(0, 8)}`;
  const scope = scopeOf(alert, options);
  const where = alert.nodes.filter((name) => scope.nodes.includes(name));
  const raw = alert.raw === undefined ? '' : `: ${alert.raw}`;
  const text = `${alert.title}${raw}${where.length === 0 ? '' : ` (${where.join(', ')})`}`.slice(0, 2_000);
  await ledger.append(
    incident,
    {
      kind: 'opened',
      by: `alert:${alert.sender}`,
      text,
      alert: text,
      scope,
      quietUntil: quietUntil(alert, options),
      judged: alert.judged,
      ...(where.length === 0 ? {} : { named: where }),
      ...(channel === undefined ? {} : { place: { channel } }),
    },
    { once: `alert:${incident}` },
  );
  await causes.set(alert.fingerprint, incident);
  await causes.seen(incident, alert.delivery);
  const entries = await ledger.entries(incident);
  if (entries.length > 1) return incident;
  if (defaultNodes(inventory.nodes).length === 0) {
    const detail = 'the inventory has no active node to look at';
    await ledger.append(incident, { kind: 'check_failed', detail }, { once: `no-nodes:${incident}` });
    return incident;
  }
  const promoted = alert.waits === 'watch' ? { promotedAt: now().toISOString() } : {};
  await askLook({ incident, scope, fresh: false, inventory: inventory.digest, ...promoted }, options);
  return incident;
}

/** One more of the same cause: counted, and looked at again when the last look is old or the incident was over. */
export async function fold(alert: AlertHints, incident: Incident, options: OpenAlertOptions): Promise<IncidentId> {
  const { ledger, causes, seen, agenda, inventory, limits, now } = options;
  const { id, status, look } = incident;
  const before = incident.seen;
  const times = await causes.seen(id, alert.delivery);
  const over = isOver(status);
  const old = look === undefined || now().getTime() - Date.parse(look.at) >= limits.groupIntervalMs;
  const busy = status === 'looking' || status === 'planning' || status === 'repairing';
  if (alert.ended ? busy : busy || !(over || old)) return id;
  if (over && !alert.ended && times > before) {
    const quiet = incident.untold ? { quietUntil: quietUntil(alert, options) } : {};
    // It is open again: from here on it is looked at until it is over.
    if (!incident.untold) await agenda.plan(id, now().getTime() + limits.groupIntervalMs);
    await ledger.append(id, { kind: 'repeated', times, ...quiet }, { once: `repeated:${id}:${times}` });
  }
  if (defaultNodes(inventory.nodes).length === 0 || !(await seen.firstTime(`look ${id}`, LOOK_APART_S))) return id;
  const promoted = alert.waits === 'watch' ? { promotedAt: now().toISOString() } : {};
  const scope = scopeOf(alert, options);
  await askLook({ incident: id, scope, fresh: false, inventory: inventory.digest, ...promoted }, options);
  return id;
}

function quietUntil({ waits, judged }: AlertHints, { limits, now }: OpenAlertOptions): string {
  // What no look can judge has nothing to wait for.
  const times = {
    group: limits.groupWaitMs,
    retry: Math.max(limits.retryWindowMs, limits.groupWaitMs),
    watch: limits.watchEveryMs,
  };
  const ms = judged ? times[waits] : 0;
  return new Date(now().getTime() + ms).toISOString();
}

/** An alert names where somebody saw it; the same fault is usually on its neighbours, so all of them are looked at. */
export function scopeOf(
  alert: Pick<AlertHints, 'models'> & Partial<Pick<AlertHints, 'waits' | 'also'>>,
  { inventory, models, checks }: Pick<OpenAlertOptions, 'inventory' | 'models' | 'checks'>,
): Scope {
  const usual = defaultNodes(inventory.nodes);
  return {
    models: alert.models.length > 0 ? [...alert.models] : models.map(({ name }) => name),
    nodes: (usual.length > 0 ? usual : inventory.nodes).map(({ name }) => name),
    checks: [...usualChecks(checks), ...(alert.also ?? []), ...(alert.waits === 'watch' ? [PROGRESS_CHECK] : [])],
  };
}
