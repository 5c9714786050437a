import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { type Installation, startInstallation } from '../../src/demo/installation.ts';
import { runTour, type TourOptions, type TourStep } from '../../src/demo/tour.ts';

const models = ['hex8_2p', 'hex8_4p', 'square8_2p'];
let folder: string | undefined;
let installation: Installation | undefined;

afterEach(async () => {
  await installation?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** The tour on an installation of its own; `at` happens when the scene gets to that step. */
async function tour(
  at: Partial<Record<TourStep, (started: Installation) => void | Promise<void>>>,
  options: TourOptions,
) {
  folder = await mkdtemp(join(tmpdir(), 'medic-tour-'));
  const died: string[] = [];
  const started = await startInstallation({ folder, slackPort: 0, onDeath: (what) => died.push(what) });
  installation = started;
  const lines: string[] = [];
  const ok = await runTour(started, (line) => lines.push(line), {
    ...options,
    onStep: async (step) => at[step]?.(started),
  });
  return { ok, died, told: lines.join('\n'), started };
}

describe('the tour', () => {
  it('ends well, tells the story, and the bytes on the nodes agree', async () => {
    const { ok, told, died, started } = await tour({}, {});
    expect(told).not.toContain('The tour failed');
    expect(ok).toBe(true);
    expect(died).toEqual([]);
    expect(told).toMatch(/medic \(edits\): 🔴 .* wrong on 7 of 9 nodes/);
    expect(told).toMatch(/medic, only to Alice: You have approved plan [0-9a-f]{8} already\./);
    expect(told).toMatch(/✅ Done: 4 of 4 nodes verified/);
    expect(told).toMatch(/runpod-a100-3: unknown \(connection refused\)/);
    expect(told).not.toMatch(/[*`]|<@|<!/);
    const source = started.fleet.node('mac-studio').modelsDir;
    for (const { name, modelsDir } of started.fleet.nodes.filter((node) => node.name !== 'runpod-a100-3')) {
      for (const model of models) {
        const [theirs, ours] = await Promise.all(
          [source, modelsDir].map((dir) => readFile(join(dir, canonicalName(model)))),
        );
        expect(theirs !== undefined && ours?.equals(theirs), `${canonicalName(model)} on ${name}`).toBe(true);
        expect(await readlink(join(modelsDir, aliasName(model))), `the alias of ${model} on ${name}`).toBe(
          canonicalName(model),
        );
      }
      expect((await readdir(modelsDir)).filter((file) => file.startsWith('.medic-'))).toEqual([]);
    }
    expect(
      (await lstat(join(started.fleet.node('runpod-a100-1').modelsDir, '.medic', 'quarantine'))).isDirectory(),
    ).toBe(true);
  }, 400_000);

  it('fails, and says what it waited for, when the worker is killed on the way', async () => {
    let killed = false;
    const kill = ({ pids }: Installation): void => {
      if (!killed) process.kill(pids.worker, 'SIGKILL');
      killed = true;
    };
    const { ok, told, died } = await tour({ approving: kill }, { waitMs: 40_000 });
    expect(ok).toBe(false);
    expect(told).toMatch(/The tour failed: waited in vain for 3 receipts/);
    expect(died).toHaveLength(1);
    expect(died[0]).toContain('the worker ended by itself');
  }, 400_000);

  it.each<TourStep>(['planned', 'checking'])(
    'fails when one more node stops answering (%s)',
    async (step) => {
      const stop = ({ fleet }: Installation): Promise<void> => fleet.node('vast-2').stop();
      const { ok, told } = await tour({ [step]: stop }, { waitMs: 40_000 });
      expect(ok).toBe(false);
      expect(told).toContain('The tour failed');
    },
    400_000,
  );

  it('fails when a node is broken again behind its back', async () => {
    const harm = ({ fleet }: Installation): Promise<void> =>
      rm(join(fleet.node('vast-1').modelsDir, aliasName('hex8_2p')));
    const { ok, told } = await tour({ checking: harm }, { waitMs: 40_000 });
    expect(ok).toBe(false);
    expect(told).toMatch(/The tour failed: waited in vain for a fresh check that says: right on 8 of 8/);
  }, 400_000);
});
