import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type KnownHost, type KnownHosts, type KnownHostsFault, parseKnownHosts } from './known-hosts.ts';

/** The file as the worker follows and changes it. */
export type KnownHostsFile = {
  /** The entries as the file has them now; while a new version cannot be used the last good one stays. */
  entries(): readonly KnownHost[];
  /** The text that `entries` was read from. */
  text(): string;
  /** Adds whole lines at the end, all of them or none, and is on disk when it returns; a text says why it was not done. */
  append(lines: readonly string[]): string | undefined;
};

/** Reads the guarded file, or says why it is not taken. */
export type ReadText = () =>
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly text: string };

const TRIES = 3;

/** Opens known_hosts; every question looks at size and time of the file and reads it when they changed. Faults are those of the first version. */
export function openKnownHostsFile(options: {
  readonly path: string;
  readonly read: ReadText;
  /** Called once for each new version that cannot be used. */
  readonly onFaults: (faults: readonly KnownHostsFault[]) => void;
}): { readonly ok: true; readonly file: KnownHostsFile } | Extract<KnownHosts, { ok: false }> {
  const { path, onFaults } = options;
  let seen = signatureOf(path);
  const first = readVersion(options);
  if (!first.ok) return first;
  let version = first;

  const current = () => {
    const now = signatureOf(path);
    if (now === seen) return version;
    const next = readVersion(options);
    seen = now;
    if (next.ok) version = next;
    else onFaults(next.faults);
    return version;
  };
  return {
    ok: true,
    file: {
      entries: () => current().entries,
      text: () => current().text,
      append(lines) {
        for (let tries = 0; tries < TRIES; tries += 1) {
          const before = signatureOf(path);
          const now = readVersion(options);
          if (!now.ok) return 'known_hosts cannot be read as it is now: a person has to look at the file';
          const text = `${now.text}${now.text === '' || now.text.endsWith('\n') ? '' : '\n'}${lines.join('\n')}\n`;
          if (!parseKnownHosts(text, path).ok) return 'the lines for known_hosts would not be readable';
          const trouble = replace(path, text, () => signatureOf(path) === before);
          if (trouble !== 'changed') return trouble;
        }
        return 'known_hosts was changed by somebody else at the same moment; nothing was written';
      },
    },
  };
}

type Version = Extract<KnownHosts, { ok: true }> & { readonly text: string };

function readVersion({
  path,
  read,
}: {
  readonly path: string;
  readonly read: ReadText;
}): Version | Extract<KnownHosts, { ok: false }> {
  const file = read();
  if (!file.ok) return { ok: false, faults: [{ file: path, line: 1, text: file.text }] };
  const parsed = parseKnownHosts(file.text, path);
  return parsed.ok ? { ...parsed, text: file.text } : parsed;
}

/** Writes beside the file, then renames over it: whoever reads meets the old text or the new one. Mode and owner stay; a link is followed. */
function replace(path: string, text: string, isUnchanged: () => boolean): string | undefined {
  let temporary: string | undefined;
  try {
    const real = realpathSync(path);
    const { mode, uid, gid } = statSync(real);
    temporary = join(dirname(real), `.medic-${randomBytes(16).toString('hex')}`);
    const handle = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeFileSync(handle, text);
      if (process.getuid?.() === 0) fchownSync(handle, uid, gid);
      fchmodSync(handle, mode & 0o7777);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (!isUnchanged()) {
      rmSync(temporary, { force: true });
      return 'changed';
    }
    renameSync(temporary, real);
    const folder = openSync(dirname(real), constants.O_RDONLY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return undefined;
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return `the worker may not write known_hosts (${code}): its folder has to be writable for the worker, or the file not mounted alone`;
  }
}

function signatureOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return 'unreadable';
  }
}
