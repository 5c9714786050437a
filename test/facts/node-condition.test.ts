import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeCondition } from '../../src/facts/node-condition.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact, type ShellOptions } from './run-fact.ts';

const OURS = `.medic-${'0'.repeat(32)}`;
const THEN = 1_700_000_000;
let here: string;

beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'medic-condition-'));
});
afterEach(() => rmSync(here, { recursive: true, force: true }));

function ask(options?: ShellOptions) {
  return runFact(nodeCondition(here, 'any', ['canonical_hex8_2p.pth']), options);
}

function old(name: string, bytes = 10): void {
  writeFileSync(join(here, name), 'x'.repeat(bytes));
  utimesSync(join(here, name), THEN, THEN);
}

describe('what lies beside the models', () => {
  it.each(['dash', 'bash', 'busybox'])('is told with size, time and owner under %s', async (name) => {
    mkdirSync(join(here, '.rsync-partial'));
    for (const file of [OURS, '.canonical_hex8_2p.pth.AbC123', 'canonical_hex8_2p.pth.tmp']) old(file);
    old('.rsync-partial/canonical_hex8_2p.pth', 20);
    const { temporaries } = await ask({ shell: name === 'busybox' ? ['busybox', 'sh'] : [name] });
    expect(temporaries).toEqual([
      { name: OURS, owner: 'medic', bytes: 10, mtimeS: THEN },
      { name: '.canonical_hex8_2p.pth.AbC123', owner: 'other', bytes: 10, mtimeS: THEN },
      { name: 'canonical_hex8_2p.pth.tmp', owner: 'other', bytes: 10, mtimeS: THEN },
      { name: '.rsync-partial/canonical_hex8_2p.pth', owner: 'other', bytes: 20, mtimeS: THEN },
    ]);
  });

  it('leaves out models, variants, other programs’ names, links and folders', async () => {
    for (const file of [
      'canonical_hex8_2p.pth',
      'canonical_hex8_2p_v2.pth',
      '.medic-short',
      'x.tmp',
      '.canonical_hex8_4p.pth.AbC123',
    ])
      old(file);
    symlinkSync('/etc/passwd', join(here, OURS));
    mkdirSync(join(here, '.canonical_hex8_2p.pth.FoLder'));
    expect((await ask()).temporaries).toEqual([]);
  });

  it('knows how much medic keeps, following no link', async () => {
    expect((await ask()).quarantineBytes).toBe(0);
    mkdirSync(join(here, '.medic/quarantine/r-1'), { recursive: true });
    writeFileSync(join(here, '.medic/quarantine/r-1/a.kept'), Buffer.alloc(2_000_000, 1));
    symlinkSync('/usr', join(here, '.medic/quarantine/r-1/link'));
    const { quarantineBytes } = await ask();
    expect(quarantineBytes).toBeGreaterThan(1_900_000);
    expect(quarantineBytes).toBeLessThan(3_000_000);
  });

  it('tells the node’s own clock', async () => {
    const date = '#!/bin/sh\necho 1000000000\n';
    const { clockS } = await ask({ env: { PATH: pathWithout(here, [], { date }) } });
    expect(clockS).toBe(1_000_000_000);
  });

  it('is no answer when it was cut short', () => {
    const { parse } = nodeCondition('/models', 'any', []);
    const cut = Buffer.from(['node-condition', '1700000000', 'yes', '0', '.medic-x', '10', ''].join('\0'));
    expect(() => parse({ code: 0, stdout: cut, stderr: '' })).toThrow('nobody can tell');
  });
});
