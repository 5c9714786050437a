import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import { entryOf, modelsSurvey } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { modelOf, pathWithout } from '../jobs/node-here.ts';
import { runFact, runScript, type ShellOptions } from './run-fact.ts';

const HOSTILE = [
  '-n',
  '--help.pth',
  '$(touch hacked)',
  "it's",
  'a "b" c',
  '`id`',
  'ünï;rm -rf .',
  '*',
  'a\\0b',
  '%s%n',
  'again',
  'whole',
];
const TEXTS = ['plain', 'two\nlines\n', '-rf', '$(id)', "'", '/etc/passwd', ' ', 'x\\n', 'ringrift_best_x'];

let folder = '';
let shells: Record<string, ShellOptions> = {};
const models = [
  ...HOSTILE.map((name, index) => ({ name: `h${index}`, canonical: name, alias: `link to ${name}` })),
  ...TEXTS.map((_, index) => ({ name: `t${index}`, canonical: `text ${index}`, alias: `absent ${index}` })),
  modelOf('hex8_2p'),
  modelOf('hex8_3p'),
  modelOf('hex8_4p'),
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-survey-'));
  const here = join(folder, 'models');
  mkdirSync(here);
  for (const name of HOSTILE) {
    writeFileSync(join(here, name), name);
    utimesSync(join(here, name), 1_700_000_000.25, 1_700_000_000.125);
    symlinkSync(name, join(here, `link to ${name}`));
  }
  for (const [index, text] of TEXTS.entries()) symlinkSync(text, join(here, `text ${index}`));
  mkdirSync(join(here, 'canonical_hex8_2p.pth'));
  symlinkSync('canonical_hex8_2p.pth', join(here, 'ringrift_best_hex8_2p.pth'));
  execFileSync('mkfifo', [join(here, 'canonical_hex8_3p.pth')]);
  symlinkSync('canonical_hex8_3p.pth', join(here, 'ringrift_best_hex8_3p.pth'));
  symlinkSync('ringrift_best_hex8_4p.pth', join(here, 'canonical_hex8_4p.pth'));
  symlinkSync('canonical_hex8_4p.pth', join(here, 'ringrift_best_hex8_4p.pth'));
  shells = {
    bash: { shell: ['bash'] },
    'bash --posix': { shell: ['bash', '--posix'] },
    'busybox alone': busyboxAlone(),
    'no find at all': { env: { PATH: pathWithout(folder, ['find']) } },
    'BSD find and stat (recorded, not run on a Mac)': { env: { PATH: pathWithout(folder, ['python3'], BSD) } },
  };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that refuse what those of macOS refuse, and print what they print. */
const BSD = {
  find: `#!/bin/sh\nfor word do [ "$word" != -printf ] || { echo 'find: -printf: unknown primary or operator' >&2; exit 1; }; done\nexec /usr/bin/find "$@"\n`,
  stat: `#!/bin/sh
[ "$1" = -f ] || { echo "stat: illegal option -- c" >&2; exit 1; }
[ -e "$3" ] || [ -L "$3" ] || { echo "stat: $3: stat: No such file or directory" >&2; exit 1; }
case $2 in
  '%d:%i %z %Fm %Fc') exec /usr/bin/stat -c '%d:%i %s %.9Y %.9Z' "$3" ;;
  *) echo "unexpected format $2" >&2; exit 64 ;;
esac
`,
  mv: `#!/bin/sh\ncase $1 in --help) echo 'usage: mv [-f | -i | -n] [-hv] source target' >&2; exit 64 ;; esac\nexit 64\n`,
};

function busyboxAlone(): ShellOptions {
  const bin = mkdtempSync(join(folder, 'busybox-'));
  execFileSync('busybox', ['--install', '-s', bin]);
  return { shell: [join(bin, 'sh')], env: { PATH: bin } };
}

function survey(options?: ShellOptions): Promise<Survey> {
  return runFact(modelsSurvey(join(folder, 'models'), models), options);
}

describe('a survey', () => {
  it('tells every name as it is', async () => {
    const seen = await survey({ shell: ['dash'] });
    for (const name of HOSTILE) {
      expect(entryOf(seen, name)).toMatchObject({
        kind: 'file',
        size: Buffer.byteLength(name),
        mtimeNs: '1700000000125000000',
      });
      expect(entryOf(seen, `link to ${name}`)).toEqual({ kind: 'link', text: name, leadsTo: 'file' });
    }
    for (const [index, text] of TEXTS.entries()) {
      const leadsTo = text === '/etc/passwd' ? 'file' : 'nothing';
      expect(entryOf(seen, `text ${index}`)).toEqual({ kind: 'link', text, leadsTo });
      expect(entryOf(seen, `absent ${index}`)).toEqual({ kind: 'absent' });
    }
    expect(entryOf(seen, 'canonical_hex8_2p.pth')).toEqual({ kind: 'folder' });
    expect(entryOf(seen, 'canonical_hex8_3p.pth')).toEqual({ kind: 'other' });
    expect(entryOf(seen, 'ringrift_best_hex8_2p.pth')).toMatchObject({ leadsTo: 'folder' });
    expect(entryOf(seen, 'ringrift_best_hex8_3p.pth')).toMatchObject({ leadsTo: 'other' });
    expect(entryOf(seen, 'ringrift_best_hex8_4p.pth')).toMatchObject({ leadsTo: 'loop' });
    expect(seen.folder).toMatchObject({ writable: true, isLink: false });
    expect(seen.folder?.id).toMatch(/^\d+:\d+$/);
    expect(seen.links).toEqual({ alive: HOSTILE.length + 3, dead: TEXTS.length - 1 + 2 });
    expect(seen.canRename).toBe(true);
    expect(seen.disk?.freeBytes).toBeGreaterThan(0);
  });

  it.each([
    'bash',
    'bash --posix',
    'busybox alone',
    'no find at all',
    'BSD find and stat (recorded, not run on a Mac)',
  ])('says the same under %s', async (name) => {
    const [usual, other] = [await survey({ shell: ['dash'] }), await survey(shells[name])];
    expect([...other.entries]).toEqual([...usual.entries]);
    expect({ ...other, entries: 0, tools: 0, disk: 0 }).toEqual({ ...usual, entries: 0, tools: 0, disk: 0 });
  });

  it('says which programs are missing', async () => {
    const PATH = pathWithout(folder, ['rsync', 'openssl', 'python3']);
    const seen = await survey({ env: { PATH } });
    expect(seen.tools.has('rsync') || seen.tools.has('openssl') || seen.tools.has('python3')).toBe(false);
    expect(seen.tools.has('sha256sum')).toBe(true);
    const bare = await survey({ env: { PATH: pathWithout(folder, ['mv', 'python3']) } });
    expect(bare.canRename).toBe(false);
  });

  it('tells a missing folder from one that may not be seen', async () => {
    const missing = await runFact(modelsSurvey(join(folder, 'no models'), models));
    expect(missing.folder).toBeNull();
    expect(missing.parent?.writable).toBe(true);
    expect(entryOf(missing, 'again')).toEqual({ kind: 'absent' });
    const far = await runFact(modelsSurvey(join(folder, 'no', 'models'), models));
    expect([far.folder, far.parent, far.disk]).toEqual([null, null, null]);
    symlinkSync('/nowhere', join(folder, 'unmounted'));
    await expect(runFact(modelsSurvey(join(folder, 'unmounted'), models))).rejects.toMatchObject({
      reason: 'no_folder',
    });
    await expect(runFact(modelsSurvey(join(folder, 'unmounted', 'models'), models))).rejects.toMatchObject({
      reason: 'no_folder',
    });
    writeFileSync(join(folder, 'a file'), '');
    await expect(runFact(modelsSurvey(join(folder, 'a file'), models))).rejects.toMatchObject({ reason: 'no_folder' });
    expect(() => modelsSurvey(null, models)).toThrow(Fault);
  });

  it.skipIf(process.getuid?.() !== 0)('says permission when an ordinary user may not enter', async () => {
    chmodSync(folder, 0o755);
    const closed = join(folder, 'closed');
    mkdirSync(join(closed, 'models'), { recursive: true });
    chmodSync(closed, 0o700);
    for (const dir of [join(closed, 'models'), closed, join(closed, 'other')]) {
      const { script, args, parse } = modelsSurvey(dir, models);
      const answer = await runScript('exec setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c "$@"', [
        script,
        'medic',
        ...args,
      ]);
      expect(() => parse(answer)).toThrow(expect.objectContaining({ reason: 'permission' }));
    }
  });

  it('follows a leading ~/ and a folder that is a link', async () => {
    symlinkSync('models', join(folder, 'by link'));
    const seen = await runFact(modelsSurvey('~/by link', models), { env: { HOME: folder } });
    expect(seen.folder).toMatchObject({ path: '~/by link', isLink: true });
    expect([...seen.entries]).toEqual([...(await survey()).entries]);
  });

  it('is a Fault, never absent, when the answer is cut anywhere', async () => {
    const { script, args, parse } = modelsSurvey(join(folder, 'models'), models);
    const answer = await runScript(script, args);
    fc.assert(
      fc.property(fc.nat(answer.stdout.length - 1), (length) => {
        expect(() => parse({ ...answer, stdout: answer.stdout.subarray(0, length) })).toThrow(Fault);
      }),
    );
  });
});
