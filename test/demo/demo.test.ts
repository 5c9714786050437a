import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/flow/until.ts';

const project = join(import.meta.dirname, '..', '..');
let temporary: string | undefined;
let demo: ChildProcess | undefined;

afterEach(async () => {
  if (demo?.exitCode === null && demo.signalCode === null) demo.kill('SIGKILL');
  for (const pid of ofThisDemo()) process.kill(pid, 'SIGKILL');
  if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
});

/** Processes that were started with this test's temporary folder: the demo, its roots, its Redis, the nodes' shells. */
function ofThisDemo(): number[] {
  const mark = `TMPDIR=${temporary}`;
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(mark) ? [Number(name)] : [];
    } catch {
      // It has ended since it was listed.
      return [];
    }
  });
}

/** Starts `npm run demo` without npm; the answer tells what it has printed so far. */
async function startDemo(env: NodeJS.ProcessEnv = {}, words: readonly string[] = []): Promise<() => string> {
  temporary = await mkdtemp(join(tmpdir(), 'medic-demo-test-'));
  const child = spawn(process.execPath, [join('src', 'bootstrap', 'demo.mjs'), ...words], {
    cwd: project,
    env: { ...process.env, ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  demo = child;
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return () => printed;
}

async function leftovers(): Promise<string[]> {
  return (await readdir(temporary ?? '')).filter((name) => name.startsWith('medic-demo-'));
}

describe.skipIf(!existsSync('/proc/self/environ'))('npm run demo', () => {
  it('prints a page that answers, and after Ctrl-C leaves neither process nor folder', async () => {
    const printed = await startDemo({
      REDIS_URL: 'redis://127.0.0.1:1',
      SLACK_SIGNING_SECRET: 'of another installation',
    });
    const url = await until('the page’s address', () => /http:\/\/127\.0\.0\.1:\d+\//.exec(printed())?.[0], 60_000);
    expect((await fetch(url)).status).toBe(200);
    expect(printed()).toContain('You are Alice, on call; switch to Bob');
    const running = ofThisDemo();
    expect(running.length).toBeGreaterThanOrEqual(5);
    expect(await leftovers()).toHaveLength(1);
    demo?.kill('SIGINT');
    await until('the demo to end', () => demo?.exitCode !== null || demo.signalCode !== null);
    expect(demo?.exitCode).toBe(0);
    await until('every process to be gone', () => ofThisDemo().length === 0);
    expect(await leftovers()).toEqual([]);
  }, 300_000);

  it('starts nothing for words that it does not know', async () => {
    const printed = await startDemo({}, ['--help', '--tour']);
    await until('its answer, and the end', () => printed() !== '' && demo?.exitCode !== null);
    expect(demo?.exitCode).toBe(2);
    expect(printed()).toBe('The demo does not know --help. It takes nothing, or --tour: npm run demo -- --tour\n');
  });

  it('ends in order when Ctrl-C comes while it starts', async () => {
    const printed = await startDemo();
    await until('the first line', () => printed().includes('starting Redis'), 60_000);
    await until('a second process of it', () => ofThisDemo().length >= 3);
    demo?.kill('SIGINT');
    await until('the demo to end', () => demo?.exitCode !== null || demo.signalCode !== null, 60_000);
    await until('every process to be gone', () => ofThisDemo().length === 0);
    expect(await leftovers()).toEqual([]);
  }, 300_000);

  it('takes bot, worker, Redis and the nodes’ shells with it when it is killed', async () => {
    const printed = await startDemo();
    await until('the page’s address', () => printed().includes('Ctrl-C ends everything'), 60_000);
    const main = ofThisDemo().find((pid) => commandOf(pid).some((word) => word.endsWith(join('demo', 'demo.ts'))));
    expect(main).toBeDefined();
    // Its launcher too, so that nothing of it can clean up.
    demo?.kill('SIGKILL');
    if (main !== undefined) process.kill(main, 'SIGKILL');
    await until('every process to be gone', () => ofThisDemo().length === 0);
  }, 300_000);

  it('takes another port when the page’s is in use', async () => {
    const other = createServer()
      .listen(3333, '127.0.0.1')
      .on('error', () => undefined);
    try {
      const printed = await startDemo();
      const url = await until('the page’s address', () => /http:\/\/127\.0\.0\.1:\d+\//.exec(printed())?.[0], 60_000);
      expect(url).not.toContain(':3333/');
      expect(await (await fetch(url)).text()).toContain('<');
    } finally {
      other.close();
    }
    demo?.kill('SIGINT');
    await until('every process to be gone', () => ofThisDemo().length === 0);
  }, 300_000);
});

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
