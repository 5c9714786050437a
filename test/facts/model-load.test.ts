import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Loaded, modelLoad } from '../../src/facts/model-load.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { runFact, type ShellOptions } from './run-fact.ts';

const checkpoints = join(import.meta.dirname, '..', 'support', 'checkpoints');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medic-load-'));
  mkdirSync(join(root, 'models'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function load(
  name: string,
  digest?: string,
  options?: ShellOptions,
  venv: string | null = null,
): Promise<Loaded | 'no_torch'> {
  const path = join(root, 'models', 'm.pth');
  copyFileSync(join(checkpoints, `${name}.pth`), path);
  const wanted = digest ?? createHash('sha256').update(readFileSync(path)).digest('hex');
  const place = { root, venv, dir: join(root, 'models'), folderId: 'any' };
  const answer = await runFact(modelLoad(place, [{ name: 'm.pth', digest: wanted }]), options);
  if (answer === 'no_torch') return answer;
  const loaded = answer.get('m.pth');
  if (loaded === undefined) throw new Error('no answer');
  return loaded;
}

/** A torch of another version, in an environment of its own: its answers are recorded, the module is a stand-in. */
function writeVenv(body: string): string {
  const venv = join(root, 'venv');
  mkdirSync(join(venv, 'bin'), { recursive: true });
  mkdirSync(join(venv, 'lib', 'torch'), { recursive: true });
  writeFileSync(join(venv, 'lib', 'torch', '__init__.py'), body);
  const python = `#!/bin/sh\nshift\nPYTHONPATH=${join(venv, 'lib')} exec /usr/bin/python3 "$@"\n`;
  writeFileSync(join(venv, 'bin', 'python'), python, { mode: 0o755 });
  return venv;
}

describe.skipIf(!hasTool('torch'))('loading a model with real torch', () => {
  it.each(['good', 'good_torch_version', 'bare_state_dict'])('%s loads', async (name) => {
    const loaded = await load(name);
    expect(loaded).toMatchObject({ result: 'loaded', detail: expect.stringMatching(/^(dict|OrderedDict): /) });
    expect(loaded).toHaveProperty('torch', expect.stringMatching(/^\d+\.\d+/));
  });

  it.each(['numpy_scalar', 'runs_code_when_unpickled', 'truncated'])(
    '%s is refused, and nothing of it runs',
    async (name) => {
      expect(await load(name)).toMatchObject({ result: 'refused' });
      expect(readdirSync(join(root, 'models'))).toEqual(['m.pth']);
    },
  );

  // A namespace of mounts in which Debian's packages are not there; it takes root.
  it.runIf(process.getuid?.() === 0)('says so where no Python has torch', async () => {
    const hide = 'mount -t tmpfs none /usr/lib/python3/dist-packages && exec sh "$@"';
    expect(await load('good', undefined, { shell: ['unshare', '-m', 'sh', '-c', hide, 'sh'] })).toBe('no_torch');
  });
});

describe('loading a model with another torch (recorded)', () => {
  it.each([
    [
      'that knows no weights_only',
      'def load(f, map_location=None, **more):\n    if more: raise TypeError("load() got an unexpected keyword argument \'weights_only\'")\n',
      'torch_too_old',
    ],
    [
      'that is older than the file',
      'def load(f, map_location=None, weights_only=False): raise RuntimeError("Attempted to read a PyTorch file with version 10, but the maximum supported version for reading is 3.")\n',
      'torch_too_old',
    ],
    ['that dies', 'import os\ndef load(f, map_location=None, weights_only=False): os._exit(9)\n', 'died'],
  ])('%s', async (_, body, result) => {
    const venv = writeVenv(`__version__ = "1.9.0"\n${body}`);
    expect(await load('good', undefined, {}, venv)).toMatchObject({ result });
  });
});
