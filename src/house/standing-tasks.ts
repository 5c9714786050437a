import { standingReport } from '../contract/standing-report.ts';
import { planStanding } from '../engine/plan-standing.ts';
import { type Notice, standingNotice, standingReportNotice } from '../slack/story-standing.ts';
import type { Telling } from '../slack/telling.ts';
import { mention } from '../slack/wording.ts';
import type { Cluster } from './cluster.ts';
import type { Task } from './tasks.ts';

const EVERY_MS = 5_000;
const DAY_MS = 24 * 3_600_000;
/** An ended one is told no more after so long; its message stays as it was left. */
const TOLD_FOR_MS = 40 * DAY_MS;

/** What the bot does about standing approvals: asks for plans, tells the channel how each stands, and each morning what was done under it. */
export function standingTasks(cluster: Cluster, telling: Pick<Telling, 'announce'>): readonly Task[] {
  const { memory, dispatch, now } = cluster;
  const { ledger, orders } = memory;
  return [
    {
      name: 'plan under standing approvals',
      everyMs: EVERY_MS,
      run: async () => planStanding({ ledger, orders, dispatch, inventory: await cluster.inventory(), now }),
    },
    { name: 'tell standing approvals', everyMs: EVERY_MS, run: async () => telling.announce(await noticesOf(cluster)) },
  ];
}

async function noticesOf({ config, memory, policy, now }: Cluster): Promise<Notice[]> {
  const nowMs = now().getTime();
  const states = [...(await memory.orders.standing()).envelopes.values()].filter(
    ({ envelope }) => nowMs - Date.parse(envelope.at) < TOLD_FOR_MS,
  );
  const look = { names: mention, policy: policy(), cluster: config.cluster };
  const notices = states.map((state) => standingNotice(state, look, nowMs));
  const hour = new Date(nowMs).setUTCHours(config.limits.standingReportHour, 0, 0, 0);
  if (nowMs < hour) return notices;
  const parts: { state: (typeof states)[number]; lines: string[] }[] = [];
  for (const state of states) {
    const uses = state.uses.filter(({ at }) => Date.parse(at) < hour);
    const lines = await standingReport({ ...state, uses }, memory.ledger, hour - DAY_MS);
    if (lines.length > 0) parts.push({ state, lines });
  }
  if (parts.length > 0) notices.push(standingReportNotice(new Date(hour).toISOString().slice(0, 10), parts));
  return notices;
}
