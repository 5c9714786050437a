#!/usr/bin/env node
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiledFolder } from './compiled.mjs';
import { ensureNodeModules } from './packages.mjs';
import { findRedisServer, locateRedisServer } from './redis.mjs';

const NEEDS_NO_REDIS = new Set(['help', '--help', '-h', '--version', 'validate', undefined]);

// `npx medic ...`: the shell, compiled from the sources as they are now.
try {
  await ensureNodeModules();
  await bringRedis(process.argv[2]);
  await import(pathToFileURL(join(await compiledFolder(), 'cli.js')).href);
} catch (error) {
  process.stderr.write(error.plain ? `medic: ${error.message}\n` : `${error.stack}\n`);
  process.exit(error.plain ? 78 : 70);
}

async function bringRedis(command) {
  if (process.env.REDIS_URL || process.env.REDIS_URL_FILE || NEEDS_NO_REDIS.has(command)) return;
  process.env.MEDIC_REDIS_SERVER = locateRedisServer() ?? (await findRedisServer());
}
