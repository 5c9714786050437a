import type { Spans } from '../contract/spans.ts';
import type { Entry } from '../domain/entry.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { IncidentId } from '../domain/names.ts';
import { offerPlans, rememberRepairs } from '../engine/offer-plans.ts';
import { planUnasked } from '../engine/plan-unasked.ts';
import { raiseNow } from '../engine/tend-alerts.ts';
import { noteFlapping } from '../engine/tend-open.ts';
import { createRedisCauses } from '../ledger/redis-causes.ts';
import type { Cluster } from './cluster.ts';
import type { Intake } from './intake.ts';
import type { Task } from './tasks.ts';

/** Changes of one incident that arrive within this time are told together (ms). */
const GATHER_MS = 50;
const RETOLD_AT_START = 100;

/** Follows one cluster's ledger: each entry makes its incident due to be told; plans get their prompts, once, whoever made them. */
export async function tellLedger(
  { memory, desk, now, spans }: Pick<Cluster, 'memory' | 'desk' | 'now'> & { readonly spans: Spans },
  intake: Pick<Intake, 'options'>,
  tell: (incident: Incident) => void,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<void>; readonly task: Task }> {
  const { redis, prefix, ledger } = memory;
  const causes = createRedisCauses(redis, prefix);
  const due = new Set<IncidentId>(await ledger.recent(RETOLD_AT_START));
  const cursorKey = `${prefix}:bot-cursor`;
  const ended = ledger.follow({ cursor: (await redis.get(cursorKey)) ?? '$', signal, onEntry });
  return { ended, task: { name: 'tell incidents', everyMs: GATHER_MS, run: tellDue } };

  async function onEntry(entry: Entry, cursor: string): Promise<void> {
    due.add(entry.incident);
    await spans.turn({ name: `entry ${entry.event.kind}`, facts: { 'medic.incident.id': entry.incident } }, () =>
      followed(entry),
    );
    await redis.set(cursorKey, cursor);
  }

  async function followed({ id, incident, event }: Entry): Promise<void> {
    if (event.kind === 'raised' || (event.kind === 'checked' && event.report.findings.length > 0))
      await notice(incident);
    if (event.kind === 'executed') await rememberRepairs({ incident, event }, { ledger, causes });
    if (event.kind === 'planned') await offerPlans({ id, incident, event }, { ledger, desk, causes, now });
  }

  async function notice(incident: IncidentId): Promise<void> {
    const options = await intake.options();
    await noteFlapping(incident, { ...options, raise: (one) => raiseNow(one, options) });
    await planUnasked(incident, options);
  }

  async function tellDue(): Promise<void> {
    const failures: unknown[] = [];
    const now = [...due];
    due.clear();
    for (const id of now) {
      try {
        const incident = incidentOf(await ledger.entries(id));
        if (incident !== undefined) tell(incident);
      } catch (error) {
        due.add(id);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'could not read incidents; they are told later');
  }
}
