import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';

/** A path as a file in `base` names it. */
export function besidePath(base: string, path: string): string {
  return path.startsWith('~/') ? resolve(homedir(), path.slice(2)) : resolve(base, path);
}

/** A path as a person in `cwd` would write it. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}

/** Whether something that is no folder stands where one is to be; it need not be there yet. */
export function isOtherThanFolder(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    // It need not be there yet; who makes it tells why it cannot.
    return false;
  }
}
