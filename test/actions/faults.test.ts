import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ActionExit } from '../../src/contract/action.ts';
import type { Target } from '../../src/domain/plan.ts';
import { actions } from '../../src/registry/actions.ts';
import { repairs } from '../../src/registry/jobs.ts';
import { runScript } from '../facts/run-fact.ts';
import { bytesOf, createNodeHere, type NodeHere, pathWithout, RECEIPT } from '../jobs/node-here.ts';
import { startReader } from './reader.ts';

const A = 'ringrift_best_hex8_2p.pth';
const C = 'canonical_hex8_2p.pth';
const root = process.getuid?.() === 0;
const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function faulty(kind: 'link' | 'file' | 'model'): NodeHere {
  const here = createNodeHere();
  open.push(here);
  if (kind === 'model') writeFileSync(here.path(C), bytesOf('else'));
  else {
    rmSync(here.path(A));
    if (kind === 'link') symlinkSync('canonical_hex8_4p.pth', here.path(A));
    else writeFileSync(here.path(A), bytesOf('old copy'));
  }
  return here;
}

async function planFor(here: NodeHere, kind: 'link' | 'file' | 'model'): Promise<Target> {
  const name = { link: 'link-aliases', file: 'replace-alias-file', model: 'resync-model' }[kind];
  const outcome = await repairs.find((repair) => repair.name === name)?.plan(here.context({ fresh: true }));
  if (outcome?.kind !== 'steps') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  return outcome.target;
}

const KINDS = ['link', 'file', 'model'] as const;

describe.each(KINDS)('a repair of a wrong %s', (kind) => {
  const name = kind === 'model' ? C : A;

  it.each(['mv', 'ln', 'chmod', 'mkdir', 'od'])(
    'that is killed when it calls %s leaves the name as it was or right, and can be undone',
    async (program) => {
      for (let call = 1; call <= 4; call += 1) {
        const here = faulty(kind);
        const before = here.tree();
        const target = await planFor(here, kind);
        const counter = join(here.folder, 'calls');
        writeFileSync(counter, '');
        const script = `#!/bin/sh\nprintf x >>'${counter}'\n[ $(wc -c <'${counter}') -ne ${call} ] || kill -9 0\nexec /usr/bin/${program} "$@"\n`;
        const PATH = pathWithout(here.folder, [], { [program]: script });
        await here.forward(target, { env: { PATH } });
        const entry = lstatSync(here.path(name));
        expect(entry.isFile() || entry.isSymbolicLink()).toBe(true);
        for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
        const after = here.tree();
        expect(after[`models/${name}`]).toBe(before[`models/${name}`]);
      }
    },
  );

  it('without hard links keeps a compared copy and leaves no gap', async () => {
    const here = faulty(kind);
    const old = kind === 'link' ? undefined : readFileSync(here.path(name));
    const target = await planFor(here, kind);
    const ln =
      '#!/bin/sh\ncase $1 in -s*) exec /usr/bin/ln "$@" ;; esac\necho "ln: Operation not permitted" >&2\nexit 1\n';
    const options = { env: { PATH: pathWithout(here.folder, [], { ln }) } };
    for (const { code, stderr } of await here.forward(target, options)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    if (old !== undefined)
      expect(readFileSync(here.path(`.medic/quarantine/${RECEIPT}/${name}.kept`)).equals(old)).toBe(true);
    for (let times = 0; times < 2; times += 1) {
      for (const { code, stderr } of await here.undo(target, options)) expect(`${code} ${stderr}`).toBe('0 ');
      if (old === undefined) expect(readlinkSync(here.path(A))).toBe('canonical_hex8_4p.pth');
      else expect(readFileSync(here.path(name)).equals(old)).toBe(true);
    }
  });

  it('finds another way to rename, or says that there is none before it changes anything', async () => {
    const python = faulty(kind);
    const mv = '#!/bin/sh\necho "mv: illegal option" >&2\nexit 64\n';
    const noT = { env: { PATH: pathWithout(python.folder, [], { mv }) } };
    for (const { code, stderr } of await python.forward(await planFor(python, kind), noT))
      expect(`${code} ${stderr}`).toBe('0 ');
    expect((await python.look({ fresh: true })).findings).toEqual([]);

    const none = faulty(kind);
    const before = none.tree();
    const target = await planFor(none, kind);
    const noTool = { env: { PATH: pathWithout(none.folder, ['python3'], { mv }) } };
    const [result] = await none.forward(target, noTool);
    expect(result?.code).toBe(ActionExit.noTool);
    expect(none.tree()[`models/${name}`]).toBe(before[`models/${name}`]);
  });

  it('runs under busybox alone', async () => {
    const here = faulty(kind);
    const before = here.tree();
    const target = await planFor(here, kind);
    const bin = mkdtempSync(join(here.folder, 'busybox-'));
    execFileSync('busybox', ['--install', '-s', bin]);
    const options = { shell: [join(bin, 'sh')], env: { PATH: bin } };
    for (const { code, stderr } of await here.forward(target, options)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    for (const { code, stderr } of await here.undo(target, options)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(here.tree()[`models/${name}`]).toBe(before[`models/${name}`]);
  });

  it('refuses when the name changed after the plan, or the folder is another one', async () => {
    const here = faulty(kind);
    const target = await planFor(here, kind);
    rmSync(here.path(name));
    writeFileSync(here.path(name), bytesOf('somebody was quicker'));
    const before = here.tree();
    const [result] = await here.forward(target);
    expect(result?.code).toBe(ActionExit.moved);
    expect(here.tree()[`models/${name}`]).toBe(before[`models/${name}`]);
    const [undone] = (await here.undo(target)).slice(-1);
    expect(undone?.code).toBe(ActionExit.moved);
    expect(readFileSync(here.path(name)).equals(bytesOf('somebody was quicker'))).toBe(true);

    const other = faulty(kind);
    const aimed = await planFor(other, kind);
    execFileSync('sh', ['-c', 'mv "$1" "$1.old" && cp -a "$1.old" "$1"', 'sh', other.models]);
    expect((await other.forward(aimed))[0]?.code).toBe(ActionExit.moved);
  });

  it('never writes through a planted .medic link', async () => {
    const here = faulty(kind);
    const before = here.tree();
    const elsewhere = join(here.folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, here.path('.medic'));
    const [result] = await here.forward(await planFor(here, kind));
    expect(result?.code).toBe(ActionExit.notPermitted);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(here.tree()[`models/${name}`]).toBe(before[`models/${name}`]);
  });

  it('is never seen missing or half by a reader, forward and back', async () => {
    const here = faulty(kind);
    const target = await planFor(here, kind);
    const good =
      kind === 'link'
        ? [bytesOf('hex8_2p'), bytesOf('hex8_4p')]
        : [bytesOf('hex8_2p'), bytesOf('old copy'), bytesOf('else')];
    const reader = startReader(here.path(name), good, here.folder);
    await reader.ready;
    for (let times = 0; times < 5; times += 1) {
      for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
      for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    }
    const { reads, bad } = await reader.stop();
    expect(bad).toBe('');
    expect(reads).toBeGreaterThan(20);
  });
});

describe('place-model', () => {
  it('puts nothing in place whose digest differs', async () => {
    const here = faulty('model');
    const target = await planFor(here, 'model');
    const before = here.tree();
    const steps = target.steps.map((step) => (step.kind === 'transfer' ? { ...step, digest: '0'.repeat(64) } : step));
    const [result] = await here.forward({ ...target, steps });
    expect(result?.code).toBe(ActionExit.notArrived);
    expect(here.tree()[`models/${C}`]).toBe(before[`models/${C}`]);
  });

  it('brings the old file back when the bytes turn out wrong after the rename', async () => {
    const here = faulty('model');
    const target = await planFor(here, 'model');
    const before = here.tree();
    const calls = join(here.folder, 'calls');
    const openssl = `#!/bin/sh\nprintf x >>'${calls}'\n[ $(wc -c <'${calls}') -lt 2 ] || { echo 'x= ${'0'.repeat(64)}'; exit 0; }\nexec /usr/bin/openssl "$@"\n`;
    const [result] = await here.forward(target, { env: { PATH: pathWithout(here.folder, [], { openssl }) } });
    expect(result?.code).toBe(ActionExit.digestDiffers);
    expect(here.tree()[`models/${C}`]).toBe(before[`models/${C}`]);
    expect(readFileSync(here.path(`.medic/quarantine/${RECEIPT}/${C}.undone`)).equals(bytesOf('hex8_2p'))).toBe(true);
  });

  it.skipIf(!root)('says so when the disk is full, and the old file stays', async () => {
    const here = faulty('model');
    const small = join(here.folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,nr_inodes=7', 'tmpfs', small]);
    try {
      execFileSync('cp', ['-a', `${here.models}/.`, small]);
      const moved = { ...here.context().node, modelsDir: small };
      const outcome = await repairs.find(({ name }) => name === 'resync-model')?.plan(here.context({ node: moved }));
      expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'disk_low' } });
      const target = await planFor(here, 'model');
      const [step] = target.steps;
      if (step?.kind !== 'transfer') throw new Error('no transfer');
      const { dev, ino } = lstatSync(small);
      const stat = lstatSync(join(small, C), { bigint: true });
      const token = `file:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
      const temporary = `.medic-${'0'.repeat(32)}`;
      rmSync(join(small, 'canonical_hex8_4p.pth'));
      rmSync(join(small, 'ringrift_best_hex8_4p.pth'));
      writeFileSync(join(small, temporary), bytesOf('hex8_2p'));
      const result = await here.act([
        'place-model',
        small,
        `${dev}:${ino}`,
        C,
        temporary,
        step.digest,
        '202501010000.00',
        token,
        '{receipt}',
      ]);
      expect([result.code, result.stderr]).toEqual([ActionExit.noSpace, expect.stringContaining('no space left')]);
      expect(readFileSync(join(small, C)).equals(bytesOf('else'))).toBe(true);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it.skipIf(!root)('says so when an ordinary user may not write', async () => {
    const here = faulty('link');
    const [step] = (await planFor(here, 'link')).steps;
    if (step?.kind !== 'run') throw new Error('no step');
    execFileSync('chmod', ['755', here.folder]);
    const action = actions.get(step.argv[0] ?? '');
    const args = step.argv.slice(1).map((word) => (word === '{receipt}' ? RECEIPT : word));
    const result = await runScript('exec setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c "$@"', [
      action?.script ?? '',
      'medic',
      ...args,
    ]);
    expect(result.code).toBe(ActionExit.notPermitted);
    expect(readlinkSync(here.path(A))).toBe('canonical_hex8_4p.pth');
  });
});
