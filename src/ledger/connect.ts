import { Redis } from 'ioredis';

/** Opens a connection to a URL or to the path of a socket. A caller that waits for people fails fast (`impatient`), one that waits for work waits for ever. */
export function connectRedis(place: string, manner: 'impatient' | 'patient', onError: (error: Error) => void): Redis {
  const redis =
    manner === 'patient'
      ? new Redis(place, { maxRetriesPerRequest: null })
      : new Redis(place, { maxRetriesPerRequest: 3 });
  // Without a listener ioredis ends the process at the first lost connection.
  redis.on('error', onError);
  return redis;
}
