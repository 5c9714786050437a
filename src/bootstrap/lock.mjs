import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BREAKER_AGE_MS = 5_000;

/** When a process began, as text that only this run of this pid has; undefined when there is no such process. */
export function processStart(pid) {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The program's name may hold spaces and brackets, so fields are counted from the last bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The line that identifies this process in lock and pid files. */
export function processLine(pid = process.pid) {
  return `${pid} ${processStart(pid) ?? ''}\n`;
}

/** Is the process that wrote this line (see processLine) still the one that has the pid? */
export function isLineAlive(line) {
  const [pid, ...start] = line.trim().split(' ');
  if (!/^\d+$/.test(pid ?? '')) return false;
  return processStart(Number(pid)) === start.join(' ');
}

/** Runs `work` while no other process holds the lock file `path`; the lock of a dead process is taken over. Throws after `timeoutMs`. */
export async function withLock(path, work, { timeoutMs = 600_000 } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  while (!tryLock(path)) {
    if (Date.now() > deadline)
      throw new Error(`${path} is held by another process (pid ${readIfThere(path)?.split(' ')[0] ?? '?'})`);
    breakStale(path);
    await sleep(15 + Math.floor(Math.random() * 25));
  }
  try {
    return await work();
  } finally {
    removeIfThere(path);
  }
}

function tryLock(path) {
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  // Written first and linked after: a lock file never exists without its owner's line.
  writeFileSync(own, processLine(), { mode: 0o600 });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    removeIfThere(own);
  }
}

function breakStale(path) {
  const line = readIfThere(path);
  if (line === undefined || isLineAlive(line)) return;
  const breaker = `${path}.break`;
  // One breaker at a time: otherwise a slow second one could remove the lock that the first has just taken.
  if (!tryLock(breaker)) {
    if (ageMs(breaker) > BREAKER_AGE_MS) removeIfThere(breaker);
    return;
  }
  try {
    if (readIfThere(path) === line) removeIfThere(path);
  } finally {
    removeIfThere(breaker);
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function removeIfThere(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
