import type { Config } from '../config.ts';
import { type Followed, followSources } from '../engine/follow.ts';
import type { Kit } from '../engine/kit.ts';
import { ledgerOnwards, logOnwards } from '../facts/followed-sources.ts';
import { createRedisIntake } from '../ledger/redis-intake.ts';
import { startSchedule } from '../queue/schedule.ts';
import type { Memory } from '../wire.ts';

/** Reads the coordinator's logs and delivery ledger on, as far as medic.yaml wants, in one of the workers at a time. */
export function startFollowing(
  { follow, daemon }: Pick<Config, 'follow' | 'daemon'>,
  { redis, prefix, queues }: Pick<Memory, 'redis' | 'prefix' | 'queues'>,
  { inventory, sessions, logger }: Pick<Kit, 'inventory' | 'sessions' | 'logger'>,
): Promise<{ close(): Promise<void> }> {
  const intake = createRedisIntake(redis, prefix);
  const run = async (): Promise<void> => {
    const node = inventory.current().nodes.find(({ coordinator, active }) => coordinator && active);
    if (node === undefined || node.root === null) return;
    const { root } = node;
    const logs = follow.log ? daemon.logs : [];
    const ledgers = follow.ledger && daemon.ledger !== null ? [daemon.ledger] : [];
    const sources: Followed[] = [
      ...logs.map((path) => ({
        key: `${node.name} log ${path}`,
        ask: (position: string | undefined) => logOnwards(root, path, position),
      })),
      ...ledgers.map((path) => ({
        key: `${node.name} ledger ${path}`,
        ask: (position: string | undefined) => ledgerOnwards(root, path, position),
      })),
    ];
    await followSources({ node, sources, sessions, intake, logger });
  };
  const wanted = follow.log || follow.ledger;
  return startSchedule(queues(), wanted ? follow.everyMs : 0, run, logger, 'follow');
}
