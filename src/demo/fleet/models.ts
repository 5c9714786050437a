import { createHash } from 'node:crypto';
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCheckpoint } from './checkpoint.ts';

/** The bytes each configuration should have everywhere, with their sha256 in hex. */
export type Checkpoints = ReadonlyMap<string, { readonly bytes: Buffer; readonly digest: string }>;

/** The configurations whose models the demo's nodes hold. */
export const demoConfigs = ['hex8_2p', 'hex8_4p', 'square8_2p'] as const;

/** The canonical file's name of a configuration. */
export const canonicalName = (config: string): string => `canonical_${config}.pth`;

/** The alias's name of a configuration. */
export const aliasName = (config: string): string => `ringrift_best_${config}.pth`;

/** A whole checkpoint of a configuration such as `hex8_2p`; another generation has other weights and the same size. */
export function checkpointOf(config: string, generation = 1): Buffer {
  const [board = '', players = ''] = config.split('_');
  return makeCheckpoint({ board, players: Number.parseInt(players, 10), generation });
}

/** Makes the checkpoints of these configurations once, for any number of nodes. */
export function makeCheckpoints(configs: readonly string[] = demoConfigs): Checkpoints {
  const pairs = configs.map((config) => {
    const bytes = checkpointOf(config);
    return [config, { bytes, digest: createHash('sha256').update(bytes).digest('hex') }] as const;
  });
  return new Map(pairs);
}

/** What a healthy models folder gets: models and aliases, all last written at `promotedAt`; with `noise` also what real folders collect. */
export async function fillModels(
  modelsDir: string,
  options: { readonly checkpoints: Checkpoints; readonly promotedAt: Date; readonly noise: boolean },
): Promise<void> {
  const { checkpoints, promotedAt, noise } = options;
  await mkdir(modelsDir, { recursive: true });
  for (const [config, { bytes, digest }] of checkpoints) {
    const canonical = canonicalName(config);
    await writeAt(join(modelsDir, canonical), bytes, promotedAt);
    await writeAt(join(modelsDir, `${canonical}.sha256`), `${digest}  ${canonical}\n`, promotedAt);
    await symlink(canonical, join(modelsDir, aliasName(config)));
  }
  if (noise) await addNoise(modelsDir, new Date(promotedAt.getTime() - 86_400_000));
}

async function addNoise(modelsDir: string, at: Date): Promise<void> {
  const old = checkpointOf('hex8_2p', 0);
  const names = [
    'canonical_hex8_2p.backup.pth',
    'canonical_hex8_4p_v41.pth',
    'candidate_hex8_2p_1766880000.pth',
    'ringrift_best_sq8_2p.pth',
    '.canonical_hex8_2p.pth.AbC123',
  ];
  for (const name of names) await writeAt(join(modelsDir, name), old, at);
  await writeAt(join(modelsDir, 'training_history.json'), '{"epochs": 20}\n', at);
}

async function writeAt(path: string, content: Buffer | string, at: Date): Promise<void> {
  await writeFile(path, content);
  await utimes(path, at, at);
}
