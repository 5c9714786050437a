import { readdirSync, readFileSync } from 'node:fs';

/** Kills every process whose environment holds this exact `NAME=value`; where there is no /proc nothing is done. Returns how many. */
export function killMarked(mark: string): number {
  const marked = processes().filter((pid) => environmentOf(pid).includes(mark));
  for (const pid of marked) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended since it was seen.
    }
  }
  return marked.length;
}

function processes(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function environmentOf(pid: number): string[] {
  if (pid === process.pid) return [];
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
