import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { connectRedis, serverAt } from '../../../src/ledger/connect.ts';
import { startEmbeddedRedis } from '../../../src/redis/embedded-redis.ts';

/** A Redis server of this test's own; `connect` gives further connections, all closed with it. */
export type RedisHere = {
  readonly socketPath: string;
  readonly connect: () => Redis;
  readonly close: () => Promise<void>;
};

/** Starts the embedded server in a temporary folder. */
export async function startRedisHere(): Promise<RedisHere> {
  const stateDir = mkdtempSync(join(tmpdir(), 'medic-memory-'));
  const server = await startEmbeddedRedis({ stateDir });
  const open: Redis[] = [];
  return {
    socketPath: server.socketPath,
    connect() {
      const redis = connectRedis(serverAt(server.socketPath), 'patient', () => {});
      open.push(redis);
      return redis;
    },
    async close() {
      for (const redis of open) redis.disconnect();
      await server.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
