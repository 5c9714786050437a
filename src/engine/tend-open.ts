import { type Incident, incidentOf } from '../domain/incident.ts';
import { isOver } from '../domain/incident-status.ts';
import type { IncidentId } from '../domain/names.ts';
import { newsOf } from '../domain/news.ts';
import { silentUntil } from '../domain/silence.ts';
import { askLook } from './ask-look.ts';
import { type Silences, silencesOnce, type TendAlertsOptions } from './silences-now.ts';

const NEWS_MAX = 300;
const MINUTE_MS = 60_000;

/** Keeps what people were told of true: an open incident is looked at every group_interval, and told again when nothing has changed for repeat_interval. */
export async function tendOpen(options: TendAlertsOptions): Promise<void> {
  const { ledger, agenda, now } = options;
  const silences = silencesOnce(options);
  for (const id of await agenda.due(now().getTime())) {
    const incident = incidentOf(await ledger.entries(id));
    if (incident === undefined || isOver(incident.status)) await agenda.drop(id);
    else await keepTrue(incident, { ...options, silences });
  }
}

type Round = TendAlertsOptions & { readonly silences: Silences };

async function keepTrue(incident: Incident, options: Round): Promise<void> {
  const { agenda, inventory, limits, now } = options;
  const { id, scope, status, look } = incident;
  const nowMs = now().getTime();
  // First, so that what ends here in between is due again and not forgotten.
  await agenda.plan(id, nowMs + limits.groupIntervalMs);
  await tellAgain(incident, options);
  const busy = status === 'looking' || status === 'planning' || status === 'repairing';
  const isFresh = look !== undefined && nowMs - Date.parse(look.at) < limits.groupIntervalMs;
  if (!busy && !isFresh) await askLook({ incident: id, scope, fresh: false, inventory: inventory.digest }, options);
}

/** Nobody is told again of what is silenced, flaps, or is held by somebody who repairs it. */
async function tellAgain(incident: Incident, options: Round): Promise<void> {
  const { ledger, limits, silences, now } = options;
  const { id, untold, flapping, hold, newsAt, findings } = incident;
  const nowMs = now().getTime();
  if (untold || flapping !== undefined || nowMs - Date.parse(newsAt) < limits.repeatIntervalMs) return;
  if (hold !== undefined && Date.parse(hold.until) > nowMs) return;
  if (findings.length > 0 && silentUntil(await silences(), incident, nowMs) !== undefined) return;
  const text = newsOf(incident).slice(0, NEWS_MAX);
  await ledger.append(id, { kind: 'retold', text }, { once: `retold:${id}:${newsAt}` });
}

/** Says once that an incident flaps, when it was wrong so often lately. Asked after each look that found something. */
export async function noteFlapping(
  id: IncidentId,
  options: Pick<TendAlertsOptions, 'ledger' | 'limits' | 'now'> & {
    readonly raise: (incident: Incident) => Promise<boolean>;
  },
): Promise<void> {
  const { ledger, limits, now, raise } = options;
  const incident = incidentOf(await ledger.entries(id));
  if (incident === undefined || incident.flapping !== undefined || !incident.isIncident) return;
  const nowMs = now().getTime();
  const lately = incident.openings.filter((at) => Date.parse(at) > nowMs - limits.flapMinutes * MINUTE_MS);
  if (lately.length < limits.flapTimes || (incident.untold && !(await raise(incident)))) return;
  const quietUntil = new Date(nowMs + limits.steadyMinutes * MINUTE_MS).toISOString();
  const once = `flapping:${id}:${lately.at(-1) ?? ''}`;
  await ledger.append(id, { kind: 'flapping', times: lately.length, quietUntil }, { once });
}
