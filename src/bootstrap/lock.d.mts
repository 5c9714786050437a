/** When a process began, as text that only this run of this pid has; undefined when there is no such process. */
export function processStart(pid: number): string | undefined;
/** The line that identifies this process in lock and pid files. */
export function processLine(pid?: number): string;
/** Is the process that wrote this line (see processLine) still the one that has the pid? */
export function isLineAlive(line: string): boolean;
/** Runs `work` while no other process holds the lock file `path`; the lock of a dead process is taken over. Throws after `timeoutMs`. */
export function withLock<T>(
  path: string,
  work: () => T | Promise<T>,
  options?: { readonly timeoutMs?: number },
): Promise<T>;
