import { join } from 'node:path';
import { ensureNodeModules } from './packages.mjs';
import { findRedisServer } from './redis.mjs';
import { projectFolder, runGroup, runMain } from './run.mjs';

// `npm run demo`: brings what is missing, then starts the local installation and stays until it ends.
await runMain(async () => {
  await ensureNodeModules();
  const env = { MEDIC_REDIS_SERVER: await findRedisServer() };
  const args = ['--import', 'tsx', join('src', 'demo', 'demo.ts'), ...process.argv.slice(2)];
  return runGroup(process.execPath, args, { env, cwd: projectFolder });
});
