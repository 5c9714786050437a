import type { Ledger } from '../contract/ledger.ts';
import type { SetAside } from '../domain/entry.ts';
import { incidentOf } from '../domain/incident.ts';
import { timelineOf } from '../domain/timeline.ts';

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
