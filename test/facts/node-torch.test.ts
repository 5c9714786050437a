import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelFormat } from '../../jobs/checks/model-format.ts';
import { tooOldFor } from '../../src/domain/checkpoint.ts';
import { nodeTorch } from '../../src/facts/node-torch.ts';
import { createNodeHere } from '../jobs/node-here.ts';
import { runFact } from './run-fact.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-torch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An environment whose torch is nothing but its papers: to import it would raise. */
function environment(name: string, version: string, libraries: readonly string[] = [], papers = true): string {
  const venv = join(folder, name);
  const packages = join(venv, 'packages');
  mkdirSync(join(venv, 'bin'), { recursive: true });
  mkdirSync(join(packages, 'torch', 'lib'), { recursive: true });
  writeFileSync(join(packages, 'torch', '__init__.py'), 'raise RuntimeError("nobody may load it")\n');
  writeFileSync(join(packages, 'torch', 'version.py'), `__version__ = '${version}'\n`);
  for (const library of libraries) writeFileSync(join(packages, 'torch', 'lib', library), '');
  if (papers) {
    mkdirSync(join(packages, `torch-${version}.dist-info`));
    writeFileSync(
      join(packages, `torch-${version}.dist-info`, 'METADATA'),
      `Metadata-Version: 2.1\nName: torch\nVersion: ${version}\n`,
    );
  }
  // The real interpreter of an environment finds its own packages; here a path file says where they are.
  writeFileSync(
    join(venv, 'bin', 'python'),
    `#!/bin/sh\n[ "$1" != -I ] || shift\nPYTHONPATH='${packages}' exec /usr/bin/python3 -S "$@"\n`,
    { mode: 0o755 },
  );
  return venv;
}

describe('the torch of a node', () => {
  it('is read off its papers and never loaded, that of the named environment first', async () => {
    const venv = environment('own', '2.4.1+cu121', ['libtorch_cuda.so', 'libc10.so']);
    environment('venv', '1.13.1');
    const own = await runFact(nodeTorch(folder, venv));
    expect(own).toMatchObject({
      kind: 'torch',
      version: '2.4.1+cu121',
      cuda: true,
      machine: expect.stringMatching(/^\w+$/),
    });
    expect(await runFact(nodeTorch(folder, null))).toMatchObject({ version: '1.13.1', cuda: false });
  });

  it('may have no papers but its own version file', async () => {
    environment('venv', '2.0.1', [], false);
    expect(await runFact(nodeTorch(folder, null))).toMatchObject({ kind: 'torch', version: '2.0.1' });
  });
});

// Recorded: which torch first had what a pickle asks for; only Debian's can be installed here.
describe('what a file asks of torch', () => {
  const v3 = { globals: ['torch._utils._rebuild_tensor_v3'] };
  it.each([
    ['1.5.1', { globals: [] }, /format is that of torch 1\.6/],
    ['2.0.1+cu118', v3, /_rebuild_tensor_v3, which torch has since 2\.1/],
    ['1.13.0a0+gitunknown', { globals: ['torch.storage.UntypedStorage'] }, /since 2\.0/],
    ['2.1.0', v3, undefined],
    ['1.13.1', { globals: ['torch._utils._rebuild_tensor_v2'] }, undefined],
    ['of no version', v3, undefined],
  ])('is told of torch %s', (version, file, why) => {
    const told = tooOldFor(file, version);
    if (why === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(why);
  });

  it('is a finding of the model beside what the node has, and a missing torch where the inventory names an environment', async () => {
    const here = createNodeHere(['hex8_2p']);
    try {
      const venv = environment('venv', '1.5.1');
      const node = { ...here.context().node, root: folder, venv, gpu: 'H100' };
      const good = join(import.meta.dirname, '..', 'support', 'checkpoints', 'good.pth');
      copyFileSync(good, here.path('canonical_hex8_2p.pth'));
      const { findings, notes } = await modelFormat.run(here.context({ node }));
      expect(findings).toMatchObject([
        { code: 'torch_too_old', model: 'hex8_2p', title: expect.stringContaining('torch 1.5.1 is too old') },
      ]);
      expect(notes.at(-1)).toMatch(/^torch 1\.5\.1 without CUDA on \w+, though the inventory names a GPU$/);
    } finally {
      here.close();
    }
  });
});
