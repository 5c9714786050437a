import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { locateRedisServer } from '../../../src/bootstrap/redis.mjs';
import { freePort } from '../free-port.ts';
import { until } from './until.ts';

/** A Redis server as an installation has it that shares one: on a port, with an append-only file. */
export type RedisServer = {
  readonly url: string;
  /** SIGKILL, and a new one on the same data and port. */
  readonly killAndStart: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts it in `folder` and waits until it answers. */
export async function startRedisServer(folder: string): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await run();
  return {
    url,
    async killAndStart() {
      await end(child);
      child = await run();
    },
    close: () => end(child),
  };

  async function run(): Promise<ChildProcess> {
    const kept = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'];
    const started = spawn(
      locateRedisServer() ?? 'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...kept],
      { stdio: 'ignore' },
    );
    const redis = new Redis(url, { lazyConnect: false, maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    await until('Redis answers', async () => (await redis.ping()) === 'PONG');
    redis.disconnect();
    return started;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
