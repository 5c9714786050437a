import type { Redis } from 'ioredis';
import type { RedisFacts } from '../domain/doctor-here.ts';

/** What Redis says of its version, its file, its memory and its clock. Never throws. */
export async function redisFacts(redis: Pick<Redis, 'info' | 'time'>, now: () => Date): Promise<RedisFacts> {
  try {
    const info = `${await redis.info('server')}\n${await redis.info('persistence')}\n${await redis.info('memory')}`;
    const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1];
    return {
      kind: 'told',
      version: field('redis_version') ?? '',
      aof: field('aof_enabled') === '1',
      eviction: field('maxmemory_policy'),
      skewMs: await redisSkewMs(redis, now),
    };
  } catch (error) {
    return { kind: 'silent', why: error instanceof Error ? error.message : String(error) };
  }
}

/** Redis' clock minus ours (ms), as of the middle of the question. */
export async function redisSkewMs(redis: Pick<Redis, 'time'>, now: () => Date): Promise<number> {
  const beganMs = now().getTime();
  const [seconds, micros] = await redis.time();
  const middleMs = (beganMs + now().getTime()) / 2;
  return Math.round(Number(seconds) * 1_000 + Number(micros) / 1_000 - middleMs);
}
