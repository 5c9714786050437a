import { Redis } from 'ioredis';

/** All that a call could have left in Redis: how many entries and jobs there are, and which plans. */
export async function redisState(
  socketPath: string,
  cluster: string,
): Promise<{ readonly keys: readonly string[]; readonly entries: number; readonly plans: readonly string[] }> {
  const redis = new Redis(socketPath, { maxRetriesPerRequest: 1 });
  try {
    // A queue that is only opened leaves its own description, no job.
    const keys = (await redis.keys('*')).filter((key) => !/:(meta|stalled-check|marker)$/.test(key)).toSorted();
    const members = await redis.zrange(`medic:${cluster}:plans`, '0', '-1');
    return {
      keys,
      entries: await redis.xlen(`medic:${cluster}:all`),
      plans: members.map((member) => member.slice(0, 64)),
    };
  } finally {
    redis.disconnect();
  }
}
