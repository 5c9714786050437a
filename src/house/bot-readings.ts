import { incidentOf } from '../domain/incident.ts';
import { INCIDENT_STATES } from '../domain/incident-status.ts';
import type { Reading } from '../http/metrics.ts';
import type { Cluster } from './cluster.ts';

const INCIDENTS_MAX = 200;

/** What a scrape of the bot tells of one cluster: its queues, what waits for people, its incidents. Only reads. */
export async function botReadings({ config, memory, dispatch, now }: Cluster): Promise<readonly Reading[]> {
  const { ledger } = memory;
  const { cluster } = config;
  const nowMs = now().getTime();
  const ids = new Set([...(await ledger.incidents(INCIDENTS_MAX)), ...(await ledger.pending())]);
  const incidents = (await Promise.all([...ids].map((id) => ledger.entries(id)))).flatMap(
    (all) => incidentOf(all) ?? [],
  );
  const waiting = incidents.flatMap(({ prompts }) => prompts.filter(({ state }) => state === 'waiting'));
  const oldestMs = Math.max(0, ...waiting.map(({ madeAt }) => nowMs - Date.parse(madeAt)));
  const depths = await dispatch.depths(nowMs);
  return [
    ...depths.flatMap(({ queue, jobs }) =>
      Object.entries(jobs).map(
        ([state, value]): Reading => ({
          name: 'medic_queue_jobs',
          labels: { cluster, queue, state },
          value,
        }),
      ),
    ),
    ...depths.map(
      ({ queue, oldestMs: ms }): Reading => ({
        name: 'medic_queue_oldest_seconds',
        labels: { cluster, queue },
        value: ms / 1_000,
      }),
    ),
    { name: 'medic_approvals_waiting', labels: { cluster }, value: waiting.length },
    { name: 'medic_approval_oldest_seconds', labels: { cluster }, value: oldestMs / 1_000 },
    ...INCIDENT_STATES.map(
      (state): Reading => ({
        name: 'medic_incidents',
        labels: { cluster, state },
        value: incidents.filter(({ isIncident, status }) => isIncident && status === state).length,
      }),
    ),
  ];
}
