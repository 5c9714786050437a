import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Logger } from '../contract/logger.ts';
import type { KeptTrail } from '../contract/trail.ts';
import { keepTrail } from '../engine/keep-trail.ts';
import { openTrailFile } from '../keys/trail-file.ts';
import { createRedisLeases } from '../ledger/redis-stores.ts';
import { type Memory, newSecretId } from '../wire.ts';

/** The file in which this state folder keeps the trail. */
export function trailFileOf({ stateDir }: Pick<Config, 'stateDir'>): KeptTrail {
  return openTrailFile(join(stateDir, 'trail.jsonl'));
}

/** Keeps the trail of one cluster in this state folder: each call takes over what is new. */
export function trailKeeper(config: Config, { redis, prefix, ledger, trail, signing }: Memory): () => Promise<void> {
  const options = {
    cluster: config.cluster,
    trail,
    ledger,
    kept: trailFileOf(config),
    pen: signing.pen,
    leases: createRedisLeases(redis, prefix),
    owner: newSecretId(),
    now: () => new Date(),
  };
  return () => keepTrail(options);
}

/** Where no bot runs, whoever calls keeps it, at the end of a call whose answer stands whatever comes of this. */
export async function keepAtTheEnd(config: Config, memory: Memory, logger: Logger): Promise<void> {
  await trailKeeper(config, memory)().catch((error: unknown) => logger.warn({ error }, 'the trail could not be kept'));
}

/** Writes a new file for whoever exports; the reason why it could not. An existing file is somebody's, and stays. */
export async function saveNew(file: string, text: AsyncIterable<string>): Promise<string | undefined> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
