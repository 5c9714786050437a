import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { holdersLook } from '../../jobs/checks/holders-look.ts';
import { modelPlay } from '../../jobs/checks/model-play.ts';
import { until } from '../support/flow/until.ts';
import { bytesOf, createNodeHere, goodExpectation, type NodeHere, pathWithout } from './node-here.ts';
import { C } from './repair-cases.ts';

const open: NodeHere[] = [];
const players: ChildProcess[] = [];
afterEach(() => {
  for (const player of players.splice(0)) player.kill('SIGKILL');
  for (const here of open.splice(0)) here.close();
});

const OPENS = 'import sys, time\nf = open(sys.argv[1], "rb")\nprint("holds", flush=True)\ntime.sleep(600)';
/** Maps it and closes it, as torch does with mmap=True. */
const MAPS = `import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
fd = os.open(sys.argv[1], os.O_RDONLY)
assert libc.mmap(None, os.fstat(fd).st_size, 1, 2, fd, 0) not in (None, ctypes.c_void_p(-1).value)
os.close(fd)
print("holds", flush=True)
time.sleep(600)`;

function nodeHere(): NodeHere {
  const here = createNodeHere();
  open.push(here);
  return here;
}

/** Plays a file as self-play does: reads it and keeps it. Resolves when it has it. */
async function play(program: string, path: string): Promise<ChildProcess> {
  const player = spawn('/usr/bin/python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  players.push(player);
  let said = '';
  player.stdout?.on('data', (part: Buffer) => (said += part.toString()));
  await until('the player has the file', () => said.includes('holds'), 10_000);
  return player;
}

function replace(here: NodeHere, words: string): void {
  writeFileSync(here.path('.new'), bytesOf(words));
  renameSync(here.path('.new'), here.path(C));
}

const look = (here: NodeHere) => modelPlay.run(here.context());

describe.runIf(process.platform === 'linux')('what a node plays', () => {
  it('is nothing where no process holds a model', async () => {
    const { findings, notes } = await look(nodeHere());
    expect(findings).toEqual([]);
    expect(notes[0]).toBe('vast-1: no process that may be looked at holds a model open or mapped');
  });

  it.each([
    ['open', OPENS],
    ['mapped', MAPS],
  ])('is told of a process that has the file %s, and that it is an old one after a swap', async (how, program) => {
    const here = nodeHere();
    const digest = goodExpectation('hex8_2p').record.current?.digest ?? '';
    const player = await play(program, here.path(C));
    const first = await look(here);
    expect(first.findings).toEqual([]);
    expect(first.notes[0]).toMatch(
      /^vast-1: hex8_2p is played as it should be by python3\S* \(process \d+, since .* UTC\) holds /,
    );
    if (how === 'open') expect(first.notes[0]).toContain(digest.slice(0, 4));

    // Another model is promoted, and placed by one rename: the process keeps what it had.
    replace(here, 'promoted later');
    const { record, source } = goodExpectation('hex8_2p');
    const current = record.current && { ...record.current, digest: 'b'.repeat(64) };
    here.expect('hex8_2p', { record: { ...record, current }, source });
    const { findings } = await look(here);
    expect(findings).toMatchObject([
      {
        code: 'plays_old_model',
        node: 'vast-1',
        model: 'hex8_2p',
        title: `1 process still plays an old ${C} from memory`,
        evidence: [expect.stringContaining(how), expect.stringContaining(`(${player.pid ?? 0})`)],
      },
    ]);
    player.kill('SIGKILL');
    await until('nobody plays the old one', async () => (await look(here)).findings.length === 0, 10_000);
  });

  it('is right where the bytes are those on record, whatever inode they have', async () => {
    const here = nodeHere();
    await play(OPENS, here.path(C));
    replace(here, 'other');
    const { findings, notes } = await look(here);
    expect(findings).toEqual([]);
    expect(notes[0]).toContain('played as it should be');
  });

  it('is not known where the system does not tell', async () => {
    const here = nodeHere();
    const shell = { env: { PATH: pathWithout(here.folder, ['openssl', 'python3', 'sha256sum', 'shasum']) } };
    const blind = createNodeHere(['hex8_2p'], { shell });
    open.push(blind);
    await play(OPENS, blind.path(C));
    const { notes } = await look(blind);
    expect(notes[0]).toContain('holds bytes that may not be read open');
  });

  // A namespace of processes in which nothing may be looked at; it takes root.
  it.runIf(process.getuid?.() === 0)('says how many processes it may not look at', async () => {
    const shell = { shell: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh'] };
    const stranger = createNodeHere(['hex8_2p'], { shell });
    open.push(stranger);
    chmodSync(stranger.folder, 0o755);
    chmodSync(stranger.models, 0o755);
    await play(OPENS, stranger.path(C));
    const { findings, notes } = await look(stranger);
    expect(findings).toEqual([]);
    expect(notes.at(-1)).toMatch(/^vast-1: \d+ processes of other users may not be looked at$/);
  });
});

describe.runIf(process.platform === 'linux')('who has a file of a plan open', () => {
  it('is told by process and model, without reading what they hold', async () => {
    const here = nodeHere();
    expect((await holdersLook(here.context())).size).toBe(0);
    const player = await play(OPENS, here.path(C));
    expect([...(await holdersLook(here.context()))]).toEqual([['hex8_2p', new Set([player.pid])]]);
    replace(here, 'other bytes');
    // Whoever still has the file that was replaced is told too: it plays the old one.
    expect([...(await holdersLook(here.context()))]).toEqual([['hex8_2p', new Set([player.pid])]]);
  });
});
