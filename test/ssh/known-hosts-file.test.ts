import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSshKey, knownHostsLine } from '../../src/demo/fleet/ssh-key.ts';
import { readGuardedFile } from '../../src/inventory/guarded-file.ts';
import { createHostKeys } from '../../src/ssh/host-keys.ts';
import { judge, type KnownHostsFault } from '../../src/ssh/known-hosts.ts';
import { type KnownHostsFile, openKnownHostsFile } from '../../src/ssh/known-hosts-file.ts';
import { nodeForTests } from './node-for-tests.ts';

const HOST = { host: '192.0.2.7', port: 2022 };
const old = keyOf('old');
const fresh = keyOf('fresh');

function keyOf(name: string) {
  const { publicLine } = createSshKey(name);
  const [type = '', base64 = ''] = publicLine.split(' ');
  return { line: knownHostsLine(HOST, publicLine), key: { type, base64 }, bytes: Buffer.from(base64, 'base64') };
}

describe('known_hosts as a file that the worker follows and changes', () => {
  let folder: string;
  let path: string;
  let faults: KnownHostsFault[];
  let file: KnownHostsFile;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'medic-hosts-'));
    path = join(folder, 'known_hosts');
    writeFileSync(path, `# ours\n${old.line.trimEnd()}`, { mode: 0o644 });
    chmodSync(path, 0o644);
    faults = [];
    file = open();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function open(): KnownHostsFile {
    const read = () => readGuardedFile({ path, uid: process.getuid?.() ?? null, bytesMax: 100_000 });
    const opened = openKnownHostsFile({ path, read, onFaults: (list) => void faults.push(...list) });
    if (!opened.ok) throw new Error(JSON.stringify(opened.faults));
    return opened.file;
  }

  const verdict = (key: Buffer) => judge(file.entries(), HOST.host, HOST.port, key);

  it('reads the file again when it changed, and keeps the last good version of a broken one', () => {
    writeFileSync(path, fresh.line);
    expect(verdict(fresh.bytes)).toBe('known');
    writeFileSync(path, 'this is no line of known_hosts at all\n');
    expect(verdict(fresh.bytes)).toBe('known');
    expect(verdict(fresh.bytes)).toBe('known');
    expect(faults).toHaveLength(1);
    chmodSync(path, 0o666);
    writeFileSync(path, old.line);
    expect(verdict(fresh.bytes)).toBe('known');
    expect(faults.at(-1)?.text).toContain('can be written by group or others');
  });

  it('adds lines whole, with the mode that it had and through a link, and leaves nothing beside it', () => {
    const link = join(folder, 'link');
    symlinkSync(path, link);
    path = link;
    file = open();
    expect(file.append([fresh.line.trimEnd()])).toBeUndefined();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(link, 'utf8')).toBe(`# ours\n${old.line.trimEnd()}\n${fresh.line}`);
    expect(statSync(link).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder).toSorted()).toEqual(['known_hosts', 'link']);
  });

  it('takes a new key and refuses the old one for ever, once however often it is asked', async () => {
    const dropped: string[] = [];
    const asker = { shownKey: async () => fresh.bytes, drop: async (name: string) => void dropped.push(name) };
    const keys = createHostKeys({ file, asker });
    const node = nodeForTests({ name: 'vast-3', addresses: [HOST, { host: 'vast.example', port: 22 }] });
    const seen = await keys.look(node);
    expect(seen).toMatchObject({
      answers: [
        { at: 'tailscale', verdict: 'changed' },
        { at: 'ssh_host', verdict: 'unknown' },
      ],
      recorded: [old.key],
    });
    const change = { key: fresh.key, withdrawn: [old.key], receipt: 'r-0412aa07' };
    expect(await keys.trust(node, change)).toBeUndefined();
    expect(dropped).toEqual(['vast-3']);
    const text = readFileSync(path, 'utf8');
    expect(await keys.trust(node, change)).toBeUndefined();
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(verdict(fresh.bytes)).toBe('known');
    expect(verdict(old.bytes)).toBe('revoked');
    expect(judge(file.entries(), 'vast.example', 22, old.bytes)).toBe('revoked');
    expect((await keys.look(node)).answers.map((one) => one.kind === 'shown' && one.verdict)).toEqual([
      'known',
      'known',
    ]);
    // Nothing that stood there was taken away.
    expect(text.startsWith(`# ours\n${old.line.trimEnd()}\n@revoked `)).toBe(true);
  });

  it.each(['a,b', '*', '!x', '@revoked', 'x y', '|1|x'])('writes no line for the address %j', async (host) => {
    const keys = createHostKeys({ file, asker: { shownKey: async () => fresh.bytes, drop: async () => undefined } });
    const node = nodeForTests({ name: 'vast-3', addresses: [{ host, port: 22 }] });
    const before = readFileSync(path, 'utf8');
    const trouble = await keys.trust(node, { key: fresh.key, withdrawn: [], receipt: 'r-0412aa07' });
    expect(trouble).toContain('cannot be written into known_hosts');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('says what stands in the way, without an address', () => {
    rmSync(path);
    symlinkSync('/proc/self/cmdline', path);
    expect(file.append([fresh.line.trimEnd()])).toMatch(/known_hosts/);
  });
});
