import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFolder } from '../../src/bootstrap/compiled.mjs';
import { pathWithout } from '../jobs/node-here.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

const root = join(import.meta.dirname, '..', '..');
const fixture = (name: string) => join(root, 'test', 'support', 'checkpoints', `${name}.pth`);

let folder: string;
let compiled: string;
beforeAll(async () => {
  compiled = await compiledFolder();
  folder = mkdtempSync(join(tmpdir(), 'medic-validate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The real program, in a folder where there is no medic.yaml. */
function medic(words: readonly string[], path?: string) {
  const env = { ...process.env, MEDIC_CONFIG: '', ...(path === undefined ? {} : { PATH: path }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(compiled, 'cli.js'), ...words], {
    cwd: folder,
    env,
  });
  return { status, out: stdout.toString(), error: stderr.toString() };
}

describe('validate', () => {
  it('lets a sound file through, without medic.yaml, Redis or Slack, and leaves nothing behind', () => {
    copyFileSync(fixture('good'), join(folder, 'canonical_hex8_2p.pth'));
    const { status, out } = medic(['validate', 'canonical_hex8_2p.pth']);
    expect([status, out]).toEqual([0, expect.stringContaining('sound checkpoint of hex8_2p')]);
    expect(readdirSync(folder)).toEqual(['canonical_hex8_2p.pth']);
  });

  it('stops what must not be distributed with 1 and its code, and runs none of it', () => {
    const { status, out } = medic(['validate', fixture('runs_code_when_unpickled'), '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ command: 'validate', ok: false, findings: [{ code: 'load_refused' }] });
    expect(existsSync(join(folder, 'checkpoint-was-unpickled'))).toBe(false);
    expect(medic(['validate', fixture('good'), '--as', 'square8_2p'])).toMatchObject({
      status: 1,
      out: expect.stringContaining('metadata_wrong'),
    });
  });

  it('does not know what nothing there can read: 4', () => {
    const { status, out } = medic(
      ['validate', fixture('good')],
      pathWithout(mkdtempSync(join(folder, 'bin-')), ['python3']),
    );
    expect([status, out]).toEqual([4, expect.stringContaining('no_tool')]);
  });

  it.each([[[]], [['--fast']], [['a', 'b']], [['no-such-file.pth']], [['/']]])('refuses %j with 2', (words) => {
    expect(medic(['validate', ...words])).toMatchObject({ status: 2, out: '' });
  });

  it('is for a shell, and says so in Slack', async () => {
    expect(textOf(await createCommandWorld().say('validate models/x.pth'))).toContain('npx medic validate');
  });
});
