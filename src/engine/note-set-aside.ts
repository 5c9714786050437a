import type { Ledger } from '../contract/ledger.ts';
import type { Distrust } from '../domain/distrust.ts';
import type { SetAside } from '../domain/entry.ts';
import { incidentOf } from '../domain/incident.ts';
import { IncidentId, PersonId } from '../domain/names.ts';
import { timelineOf } from '../domain/timeline.ts';
import type { Work } from '../domain/written.ts';

const SAYS_MAX = 300;

/** Says in its incident, once, that something stands there that counts for nothing. Where there is no incident nobody has to be told but the log. */
export async function noteSetAside(
  { id, incident, at, why, event }: SetAside,
  ledger: Pick<Ledger, 'append' | 'entries'>,
): Promise<void> {
  if (incidentOf(await ledger.entries(incident)) === undefined) return;
  const [moment] = event === undefined ? [] : timelineOf([{ id, incident, at, event }]);
  const says = moment === undefined ? 'nothing that can be read' : `${moment.who ?? ''} ${moment.words}`.trim();
  const aside = { kind: 'set_aside', entry: id.slice(0, 60), why, says: says.slice(0, SAYS_MAX) } as const;
  await ledger.append(incident, aside, { once: `set-aside:${incident}` });
}

const WORK: Readonly<Record<Work, string>> = { check: 'a look', plan: 'a planning', execute: 'a change' };

/** Says in the incident that a job names, once, that it lay in a queue and was not begun. */
export async function noteJobAside(
  { id, work, why, job }: { readonly id: string; readonly work: Work; readonly why: Distrust; readonly job: unknown },
  ledger: Pick<Ledger, 'append' | 'entries'>,
): Promise<void> {
  const said: object = typeof job === 'object' && job !== null ? job : {};
  const incident = IncidentId.safeParse('incident' in said ? said.incident : undefined).data;
  if (incident === undefined || incidentOf(await ledger.entries(incident)) === undefined) return;
  const by = PersonId.safeParse('by' in said ? said.by : undefined).data;
  const says = `${WORK[work]}${by === undefined ? '' : ` in the name of ${by}`}`;
  const aside = { kind: 'set_aside', entry: id.slice(0, 60), why, says: says.slice(0, SAYS_MAX), job: work } as const;
  await ledger.append(incident, aside, { once: `set-aside-job:${incident}` });
}
