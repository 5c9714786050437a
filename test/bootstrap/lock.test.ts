import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLineAlive, processLine, processStart, withLock } from '../../src/bootstrap/lock.mjs';

const lockModule = join(import.meta.dirname, '..', '..', 'src', 'bootstrap', 'lock.mjs');

describe('lock', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'medic-lock-'));
    path = join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one at a time through, in one process', async () => {
    let inside = 0;
    const turns = Array.from({ length: 8 }, () =>
      withLock(path, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await turn();
        inside -= 1;
      }),
    );
    await Promise.all(turns);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets one at a time through, over six processes that find a dead one’s lock', async () => {
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    writeFileSync(path, `${dead} 1\n`);
    const log = join(folder, 'log');
    appendFileSync(log, '');
    const script = `
      import { withLock } from ${JSON.stringify(lockModule)};
      import { appendFileSync } from 'node:fs';
      import { setTimeout } from 'node:timers/promises';
      for (let i = 0; i < 10; i += 1) await withLock(${JSON.stringify(path)}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in ' + process.pid + '\\n');
        await setTimeout(2);
        appendFileSync(${JSON.stringify(log)}, 'out ' + process.pid + '\\n');
      });`;
    const processes = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
    );
    expect(await Promise.all(processes.map((child) => once(child, 'exit')))).toEqual(processes.map(() => [0, null]));
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(120);
    for (let at = 0; at < lines.length; at += 2) expect(lines[at + 1]).toBe(lines[at]?.replace('in', 'out'));
  });

  it('is given back when the work throws, and names its holder when waiting is over', async () => {
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, processLine());
    await expect(withLock(path, () => undefined, { timeoutMs: 60 })).rejects.toThrow(`pid ${process.pid}`);
  });

  it('knows a process from another one that got its number', () => {
    expect(isLineAlive(processLine())).toBe(true);
    expect(isLineAlive(`${process.pid} another-start`)).toBe(false);
    expect(isLineAlive('')).toBe(false);
    expect(processStart(spawnSync(process.execPath, ['-e', '0']).pid)).toBeUndefined();
  });
});
