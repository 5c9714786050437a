import { chmodSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlacedFault } from '../../src/contract/inventory.ts';
import { watchInventory } from '../../src/inventory/watch-inventory.ts';

let folder = '';
let path = '';
let clock = 0;
let told: PlacedFault[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-inventory-'));
  path = join(folder, 'hosts.yaml');
  clock = 1_000_000;
  told = [];
  write('a');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Written by a machine whose clock is that of the test. */
function write(...names: string[]): void {
  writeRaw(
    `hosts:\n${names.map((name, index) => `  ${name}: {ssh_host: h${index}${index === 0 ? ', role: coordinator' : ''}}\n`).join('')}`,
  );
}

function writeRaw(text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  utimesSync(path, clock / 1000, clock / 1000);
}

function watch() {
  const result = watchInventory({
    path,
    coordinator: null,
    localNode: null,
    uid: process.getuid?.() ?? null,
    now: () => clock,
    onFaults: (faults) => told.push(...faults),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return () => result.source.current().nodes.map(({ name }) => name);
}

describe('watchInventory', () => {
  it('takes a new version once it has been quiet', () => {
    const names = watch();
    write('a', 'b');
    expect(names()).toEqual(['a']);
    clock += 499;
    expect(names()).toEqual(['a']);
    clock += 1;
    expect(names()).toEqual(['a', 'b']);
  });

  it('takes a version that is older than the wait at the first look', () => {
    const names = watch();
    write('a', 'b');
    clock += 3_600_000;
    expect(names()).toEqual(['a', 'b']);
  });

  it('takes a version whose time lies in the future', () => {
    const names = watch();
    write('a', 'b');
    clock -= 900_000;
    expect(names()).toEqual(['a']);
    clock += 500;
    expect(names()).toEqual(['a', 'b']);
  });

  it('keeps the good version beside a broken one, tells it once, and takes the cure', () => {
    const names = watch();
    writeRaw('hosts: {a: {ssh_host: "x y"}}');
    clock += 1_000;
    expect([names(), names(), names()]).toEqual([['a'], ['a'], ['a']]);
    expect(told.filter(({ text }) => text.includes('must be a host name'))).toHaveLength(1);
    write('a', 'c');
    clock += 1_000;
    expect(names()).toEqual(['a', 'c']);
  });

  it('keeps the good version while the file is away or writable by others', () => {
    const names = watch();
    renameSync(path, `${path}.away`);
    expect(names()).toEqual(['a']);
    expect(told.map(({ text }) => text)).toEqual(['does not exist']);
    write('a', 'b');
    chmodSync(path, 0o666);
    clock += 1_000;
    expect(names()).toEqual(['a']);
    expect(told.at(-1)?.text).toContain('chmod go-w');
    chmodSync(path, 0o600);
    expect(names()).toEqual(['a', 'b']);
  });

  it('says the faults of the first version', () => {
    writeRaw('hosts: 5');
    const result = watchInventory({ path, coordinator: null, localNode: null, uid: null, onFaults: () => undefined });
    expect(result).toMatchObject({ ok: false, faults: [{ text: 'must be a map of node names to entries' }] });
  });
});
