import { incidentOf } from '../domain/incident.ts';
import { silentUntil } from '../domain/silence.ts';
import { silencesOnce, type TendAlertsOptions } from './silences-now.ts';

/** What waits for the end of a silence that holds no more, because somebody ended it early or medic observes no more, is decided about now. */
export async function wakeSilenced(options: TendAlertsOptions): Promise<void> {
  const { ledger, now } = options;
  const silences = silencesOnce(options);
  for (const id of await ledger.waiting(Number.MAX_SAFE_INTEGER)) {
    const incident = incidentOf(await ledger.entries(id));
    const { silencedBy, quietUntil } = incident ?? {};
    if (incident === undefined || silencedBy === undefined || quietUntil === undefined) continue;
    const at = now();
    if (Date.parse(quietUntil) <= at.getTime()) continue;
    if (silentUntil(await silences(), incident, at.getTime()) !== undefined) continue;
    await ledger.append(id, { kind: 'waits', quietUntil: at.toISOString() }, { once: `woken:${id}:${quietUntil}` });
  }
}
