import { Redis } from 'ioredis';
import type { RedisAddress } from '../contract/redis-address.ts';

/** Opens a connection. A caller that waits for people fails fast (`impatient`), one that waits for work waits for ever. */
export function connectRedis(
  { at, ca }: RedisAddress,
  manner: 'impatient' | 'patient',
  onError: (error: Error) => void,
): Redis {
  const retries = { maxRetriesPerRequest: manner === 'patient' ? null : 3 };
  const trust = ca === undefined ? {} : { ca };
  const redis =
    at.kind === 'sentinels'
      ? new Redis({ ...sentinelOptions(at, trust), ...retries })
      : at.url.startsWith('rediss:')
        ? new Redis(at.url, { ...retries, tls: trust })
        : new Redis(at.url, retries);
  // Without a listener ioredis ends the process at the first lost connection.
  redis.on('error', onError);
  return redis;
}

/** The server itself as an address: a socket's path or a URL. */
export function serverAt(url: string): RedisAddress {
  return { at: { kind: 'server', url }, ca: undefined };
}

/** Whether this server is a node of a Redis Cluster; false also when it does not say, because it is away or this user may not ask. */
export async function isClusterNode(redis: Pick<Redis, 'info'>): Promise<boolean> {
  try {
    return /^redis_mode:cluster\s*$/m.test(await redis.info('server'));
  } catch {
    return false;
  }
}

function sentinelOptions(
  { sentinels, master, user, password, database, tls }: Extract<RedisAddress['at'], { kind: 'sentinels' }>,
  trust: { readonly ca?: string },
): {
  sentinels: { host: string; port: number }[];
  name: string;
  db: number;
  username?: string;
  password?: string;
  tls?: { ca?: string };
  sentinelTLS?: { ca?: string };
  enableTLSForSentinelMode?: boolean;
} {
  return {
    sentinels: sentinels.map((one) => ({ ...one })),
    name: master,
    db: database,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: trust, sentinelTLS: trust, enableTLSForSentinelMode: true } : {}),
  };
}
