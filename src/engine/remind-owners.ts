import { isUnasked } from '../domain/asker.ts';
import type { Entry } from '../domain/entry.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import { silentUntil } from '../domain/silence.ts';
import { type Silences, silencesOnce, type TendAlertsOptions } from './silences-now.ts';

/** Incidents that are asked about, newest first. */
const RECENT = 100;
const MINUTE_MS = 60_000;

/** What people do about an incident, and what follows from it. What medic does by itself is no progress. */
const PROGRESS: ReadonlySet<Entry['event']['kind']> = new Set([
  'asked',
  'plan_started',
  'requested',
  'renewed',
  'approved',
  'rejected',
  'withdrawn',
  'held',
  'released',
  'step_ended',
  'executed',
]);

/** What reminding of incidents that nobody has needs beside tending alerts. */
export type RemindOwnersOptions = Omit<TendAlertsOptions, 'limits'> & {
  /** Minutes without anybody's doing; 0: never. */
  readonly limits: { readonly remindOwnerMinutes: number; readonly callGroupMinutes: number };
  /** The user group that is called, as `T0TEAM/S0ONCALL` has it after the stroke; null: none. */
  readonly onCallGroup: string | null;
};

/** Says once in its thread that an incident has no owner, and later calls the configured group, once ever. Both are entries, so that nothing is lost or said twice. */
export async function remindOwners(options: RemindOwnersOptions): Promise<void> {
  const silences = silencesOnce(options);
  for (const id of await options.ledger.incidents(RECENT)) {
    const entries = await options.ledger.entries(id);
    const incident = incidentOf(entries);
    if (incident !== undefined && (await hasNobody(incident, silences, options.now().getTime())))
      await remind(incident, entries, options);
  }
}

/** Somebody was told of it, it is not over, and nobody has it, repairs it or has silenced it. */
async function hasNobody(incident: Incident, silences: Silences, nowMs: number): Promise<boolean> {
  const { alert, untold, acknowledgedBy, hold, status, findings } = incident;
  if (alert === undefined || untold || acknowledgedBy !== undefined || isOver(status)) return false;
  if (status === 'silenced' || status === 'repairing') return false;
  if (hold !== undefined && nowMs < Date.parse(hold.until)) return false;
  return findings.length === 0 || silentUntil(await silences(), incident, nowMs) === undefined;
}

async function remind(
  { id, asides, hold }: Incident,
  entries: readonly Entry[],
  { ledger, limits, onCallGroup, now }: RemindOwnersOptions,
): Promise<void> {
  const idleMs = now().getTime() - Math.max(idleSinceMs(entries), hold === undefined ? 0 : Date.parse(hold.until));
  const minutes = Math.floor(idleMs / MINUTE_MS);
  const said = (kind: string): boolean => asides.some(({ event }) => event.kind === kind);
  const { remindOwnerMinutes: first, callGroupMinutes: then } = limits;
  if (first > 0 && minutes >= first && !said('owner_missed'))
    await ledger.append(id, { kind: 'owner_missed', minutes }, { once: `owner_missed:${id}` });
  // A group is called only after the thread had its chance.
  if (then > 0 && minutes >= then && onCallGroup !== null && !said('group_called'))
    await ledger.append(id, { kind: 'group_called', group: onCallGroup, minutes }, { once: `group_called:${id}` });
}

/** When people were told, or when somebody last did something about it. */
function idleSinceMs(entries: readonly Entry[]): number {
  const last = entries.findLast(
    ({ event }) =>
      event.kind === 'raised' ||
      (PROGRESS.has(event.kind) && !(event.kind === 'requested' && isUnasked(event.requester))),
  );
  return Date.parse((last ?? entries[0])?.at ?? '');
}
