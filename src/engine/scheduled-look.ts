import { DAEMON_CHECK } from '../domain/daemon.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { IncidentId } from '../domain/names.ts';
import { type AlertHints, fold, type OpenAlertOptions, openAfter } from './open-alert.ts';

/** Who opens the incidents of the schedule. */
export const SCHEDULE = 'alert:schedule';
const CAUSE = 'schedule';
/** A quiet stream is used again for so many entries; then a new one begins, so that none grows for ever. */
const ENTRIES_MAX = 300;

/** Looks at everything, the distribution daemon too. A look that is clear is told to nobody; an incident of the schedule that is still open is looked at again. */
export async function scheduledLook(options: OpenAlertOptions): Promise<IncidentId> {
  const { ledger, causes, now } = options;
  const hints: AlertHints = {
    sender: 'schedule',
    title: 'scheduled look',
    models: [],
    nodes: [],
    also: [DAEMON_CHECK],
    fingerprint: CAUSE,
    delivery: now().toISOString(),
    ended: false,
    judged: true,
    waits: 'group',
  };
  const known = await causes.incidentOf(CAUSE);
  const entries = known === undefined ? [] : await ledger.entries(known);
  const before = incidentOf(entries);
  return before !== undefined && goesOn(before, entries.length)
    ? fold(hints, before, options)
    : openAfter(hints, known, options);
}

/** One that people see goes on until it is over, one that still waits until it is decided; a quiet one while it is short. */
function goesOn({ status, untold, quietUntil }: Incident, entries: number): boolean {
  if (isOver(status)) return untold && entries < ENTRIES_MAX;
  return !untold || quietUntil !== undefined;
}
