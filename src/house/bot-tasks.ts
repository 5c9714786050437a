import { takeFollowed } from '../alerts/take-followed.ts';
import type { Ledger } from '../contract/ledger.ts';
import { incidentOf } from '../domain/incident.ts';
import { listGone } from '../engine/list-gone.ts';
import { tellSetups } from '../engine/note-setup.ts';
import { noticeNodes } from '../engine/notice-nodes.ts';
import { reportObserved } from '../engine/observe-report.ts';
import { remindOwners } from '../engine/remind-owners.ts';
import { tendAlerts, writeCounts } from '../engine/tend-alerts.ts';
import { wakeSilenced } from '../engine/wake-silenced.ts';
import { createRedisIntake } from '../ledger/redis-intake.ts';
import { createRedisGoneListTime } from '../ledger/redis-misses.ts';
import { createRedisKnownNodes } from '../ledger/redis-told.ts';
import type { Telling } from '../slack/telling.ts';
import type { Cluster } from './cluster.ts';
import type { Intake } from './intake.ts';
import { standingTasks } from './standing-tasks.ts';
import type { Task } from './tasks.ts';
import { trailKeeper } from './trail.ts';

const OFTEN_MS = 500;
const NOW_AND_THEN_MS = 5_000;
const TRAIL_MS = 15_000;
const SETUP_MS = 1_000;
const DAY_MS = 86_400_000;

/** What the bot does for one cluster again and again. Everything that a task goes by is durable, so it may be stopped anywhere. */
export function botTasks(
  cluster: Cluster,
  intake: Intake,
  telling: Pick<Telling, 'remind' | 'announce'>,
): readonly Task[] {
  const { config, desk, memory, misses } = cluster;
  const { redis, prefix, ledger } = memory;
  const followed = createRedisIntake(redis, prefix);
  const known = createRedisKnownNodes(redis, prefix);
  const lastList = createRedisGoneListTime(redis, prefix);
  const gone = { misses, enough: config.limits.unreachableMisses, everyMs: config.schedule.goneListDays * DAY_MS };
  return [
    {
      name: 'decide about alerts',
      everyMs: OFTEN_MS,
      run: async () => tendAlerts(await intake.options()),
    },
    {
      name: 'take what followers have read',
      everyMs: OFTEN_MS,
      run: () => takeFollowed(followed, intake.door, cluster.allNodes()),
    },
    { name: 'tend prompts', everyMs: NOW_AND_THEN_MS, run: () => desk.tend() },
    { name: 'write to approvers', everyMs: NOW_AND_THEN_MS, run: () => remindApprovers(ledger, telling) },
    {
      name: 'remind of incidents that nobody has',
      everyMs: NOW_AND_THEN_MS,
      run: async () =>
        remindOwners({ ...(await intake.options()), limits: config.limits, onCallGroup: config.slack.onCallGroup }),
    },
    ...standingTasks(cluster, telling),
    {
      name: 'note and tell what was read',
      everyMs: SETUP_MS,
      async run() {
        await cluster.noteSetup();
        await tellSetups(await memory.orders.standing(), await intake.options());
      },
    },
    { name: 'keep the trail', everyMs: TRAIL_MS, run: trailKeeper(config, memory) },
    {
      name: 'report what is observed',
      everyMs: NOW_AND_THEN_MS,
      run: async () => reportObserved(await intake.options()),
    },
    { name: 'write counts', everyMs: NOW_AND_THEN_MS, run: async () => writeCounts(await intake.options()) },
    {
      name: 'wake what no silence covers any more',
      everyMs: NOW_AND_THEN_MS,
      run: async () => wakeSilenced(await intake.options()),
    },
    { name: 'notice nodes', everyMs: NOW_AND_THEN_MS, run: async () => noticeNodes(known, await intake.options()) },
    {
      name: 'list gone nodes',
      everyMs: NOW_AND_THEN_MS,
      run: async () => listGone(lastList, { ...gone, ...(await intake.options()) }),
    },
  ];
}

/** Prompts that nobody decides on: whoever may is written to directly. */
async function remindApprovers(ledger: Ledger, telling: Pick<Telling, 'remind'>): Promise<void> {
  for (const id of await ledger.pending()) {
    const incident = incidentOf(await ledger.entries(id));
    if (incident !== undefined) await telling.remind(incident);
  }
}
