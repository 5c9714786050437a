import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';

/** Equal signatures: nobody has written or replaced the file in between. */
export type FileSignature = string;

/** The text of a file that only the service's user or root can have written, or why it is not taken. */
export type GuardedFile =
  | { readonly ok: true; readonly text: string; readonly signature: FileSignature }
  | { readonly ok: false; readonly text: string };

/** Reads a configuration file; `uid` is the service's user, null where the system has none. Looks and reads on one open handle. */
export function readGuardedFile(options: {
  readonly path: string;
  readonly uid: number | null;
  readonly bytesMax: number;
}): GuardedFile {
  const { path, uid, bytesMax } = options;
  let handle: number;
  try {
    // A link that belongs to somebody else could be pointed elsewhere at any time.
    if (uid !== null && !isOwner(lstatSync(path).uid, uid)) return ownerFault;
    // Without NONBLOCK a named pipe in the file's place would hold the process for ever.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, text: openText(error) };
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return { ok: false, text: 'is not a regular file' };
    if (uid !== null && !isOwner(stat.uid, uid)) return ownerFault;
    if ((stat.mode & 0o022) !== 0) return { ok: false, text: 'can be written by group or others: chmod go-w it' };
    if (stat.size > bytesMax) return { ok: false, text: `is larger than ${bytesMax} bytes` };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(handle));
    return { ok: true, text, signature: signatureOf(stat) };
  } catch (error) {
    return { ok: false, text: error instanceof TypeError ? 'is not UTF-8 text' : openText(error) };
  } finally {
    closeSync(handle);
  }
}

/** What tells one version of a file from the next without reading it. */
export function signatureOf(stat: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): FileSignature {
  return `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
}

const ownerFault = { ok: false, text: "must belong to the service's user or to root" } as const;

function isOwner(owner: number, uid: number): boolean {
  return owner === uid || owner === 0;
}

function openText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES') return 'cannot be read by this user';
  return `cannot be read (${code})`;
}
