import { createHmac } from 'node:crypto';
import type { HostKeyVerdict } from '../contract/host-keys.ts';

/** One line of a known_hosts file: which hosts it speaks of, which key it names, and whether that key is withdrawn. */
export type KnownHost = {
  readonly matches: (name: string) => boolean;
  readonly keyType: string;
  readonly key: Buffer;
  readonly revoked: boolean;
};

/** Something wrong with one line; `line` counts from 1. */
export type KnownHostsFault = { readonly file: string; readonly line: number; readonly text: string };

/** Either every line was understood, or the list of the lines that were not. */
export type KnownHosts =
  | { readonly ok: true; readonly entries: readonly KnownHost[] }
  | { readonly ok: false; readonly faults: readonly KnownHostsFault[] };

/** Reads OpenSSH's known_hosts format; certificate authorities are refused aloud, for their lines would be ignored otherwise. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const entries: KnownHost[] = [];
  const faults: KnownHostsFault[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const entry = parseLine(line);
    if (typeof entry === 'string') faults.push({ file, line: index + 1, text: entry });
    else entries.push(entry);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, entries };
}

/** Judges the key (SSH wire format) that the server at host and port showed. A key of any other type than the recorded ones is a changed key. */
export function judge(entries: readonly KnownHost[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const about = entriesFor(entries, host, port);
  if (about.some((entry) => entry.revoked && entry.key.equals(key))) return 'revoked';
  const current = about.filter((entry) => !entry.revoked);
  if (current.length === 0) return 'unknown';
  return current.some((entry) => entry.key.equals(key)) ? 'known' : 'changed';
}

/** Entries that speak of this host and port, in the order of the file. */
export function entriesFor(entries: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  const name = nameOf(host, port);
  return entries.filter((entry) => entry.matches(name));
}

/** Type of a key in SSH wire format (`ssh-ed25519`, …); undefined when the bytes are no key. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 5) return undefined;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || length + 4 >= key.length) return undefined;
  const type = key.toString('latin1', 4, 4 + length);
  return /^[a-z0-9@.-]+$/.test(type) ? type : undefined;
}

/** How known_hosts names a host and port. */
export function nameOf(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

function parseLine(line: string): KnownHost | string {
  const words = line.split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  if (marker === '@cert-authority') return 'certificate authorities are not supported; give the keys of the hosts';
  if (marker !== undefined && marker !== '@revoked') return `the marker ${marker} is not known; only @revoked is`;
  const [hosts, keyType, base64] = words;
  if (hosts === undefined || keyType === undefined || base64 === undefined) {
    return 'a line needs host names, a key type and a key';
  }
  const key = Buffer.from(base64, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || keyTypeOf(key) === undefined) return 'the key is not readable';
  if (keyTypeOf(key) !== keyType) return `the line says ${keyType} and the key is ${keyTypeOf(key)}`;
  const matches = hosts.startsWith('|') ? hashedMatcher(hosts) : patternMatcher(hosts);
  return typeof matches === 'string' ? matches : { matches, keyType, key, revoked: marker !== undefined };
}

function hashedMatcher(hosts: string): KnownHost['matches'] | string {
  const [, version, salt, hash, more] = hosts.split('|');
  if (version !== '1' || salt === undefined || hash === undefined || more !== undefined)
    return 'the hashed name is not readable';
  const expected = Buffer.from(hash, 'base64');
  if (expected.length !== 20) return 'the hashed name is not readable';
  const saltBytes = Buffer.from(salt, 'base64');
  return (name) => createHmac('sha1', saltBytes).update(name).digest().equals(expected);
}

function patternMatcher(hosts: string): KnownHost['matches'] | string {
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern === '' || pattern === '!')) return 'an empty host name in the list';
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(globOf);
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => globOf(pattern.slice(1)));
  return (name) => wanted.some((glob) => glob(name)) && !unwanted.some((glob) => glob(name));
}

/** Matches `*` and `?` without backtracking over more than one star, so that no line of a file can make it slow. */
function globOf(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern;
  return (name) => {
    let at = 0;
    let star = -1;
    let resume = 0;
    for (let index = 0; index < name.length; ) {
      if (pattern[at] === '*') {
        star = at++;
        resume = index;
      } else if (pattern[at] === '?' || pattern[at] === name[index]) {
        at += 1;
        index += 1;
      } else if (star >= 0) {
        at = star + 1;
        index = ++resume;
      } else return false;
    }
    return /^\**$/.test(pattern.slice(at));
  };
}
