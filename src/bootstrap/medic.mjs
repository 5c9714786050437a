#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNodeModules } from './packages.mjs';
import { findRedisServer, locateRedisServer } from './redis.mjs';
import { projectFolder } from './run.mjs';

const NEEDS_NO_REDIS = new Set(['help', '--help', '-h', '--version', 'validate', undefined]);

// `npx medic ...`: the built shell where there is one, else the sources through tsx in this same process.
try {
  await ensureNodeModules();
  await bringRedis(process.argv[2]);
} catch (error) {
  process.stderr.write(error.plain ? `medic: ${error.message}\n` : `${error.stack}\n`);
  process.exit(error.plain ? 78 : 70);
}
const built = join(projectFolder, 'dist', 'src', 'cli.js');
if (existsSync(built)) {
  await import(pathToFileURL(built).href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import(pathToFileURL(join(projectFolder, 'src', 'cli.ts')).href);
}

async function bringRedis(command) {
  if (process.env.REDIS_URL || process.env.REDIS_URL_FILE || NEEDS_NO_REDIS.has(command)) return;
  process.env.MEDIC_REDIS_SERVER = locateRedisServer() ?? (await findRedisServer());
}
