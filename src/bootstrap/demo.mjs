import { join } from 'node:path';
import { ensureNodeModules } from './packages.mjs';
import { findRedisServer } from './redis.mjs';
import { projectFolder, runGroup, runMain } from './run.mjs';

// `npm run demo`: brings what is missing, then starts the local installation and stays until it ends.
const words = process.argv.slice(2);
const strange = words.filter((word) => word !== '--tour');
if (strange.length > 0) {
  process.stderr.write(
    `The demo does not know ${strange.join(' ')}. It takes nothing, or --tour: npm run demo -- --tour\n`,
  );
  process.exit(2);
}

await runMain(async () => {
  await ensureNodeModules();
  const env = { MEDIC_REDIS_SERVER: await findRedisServer() };
  const args = ['--import', 'tsx', join('src', 'demo', 'demo.ts'), ...words];
  return runGroup(process.execPath, args, { env, cwd: projectFolder });
});
