import { startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';

// A process of its own that joins a state folder's Redis, says so, and leaves when its standard input ends.
const redis = await startEmbeddedRedis({ stateDir: process.argv[2] ?? '', serverPath: process.argv[3] || undefined });
process.stdout.write(`${redis.socketPath}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  void redis.close().then(() => process.exit(0));
});
