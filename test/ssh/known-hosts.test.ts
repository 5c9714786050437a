import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSshKey } from '../../src/demo/fleet/ssh-key.ts';
import { fingerprintOf } from '../../src/domain/host-key.ts';
import { judge, type KnownHost, keyTypeOf, parseKnownHosts } from '../../src/ssh/known-hosts.ts';

const line = createSshKey().publicLine;
const otherLine = createSshKey().publicLine;
const key = blobOf(line);
const other = blobOf(otherLine);

describe('judging a host key', () => {
  it.each([
    ['gpu.example', 'gpu.example', 22, 'known'],
    ['gpu.example', 'GPU.Example', 22, 'known'],
    ['gpu.example', 'gpu.example', 2222, 'unknown'],
    ['[gpu.example]:2222', 'gpu.example', 2222, 'known'],
    ['[gpu.example]:2222', 'gpu.example', 22, 'unknown'],
    ['a,b,100.64.0.7', '100.64.0.7', 22, 'known'],
    ['*.example', 'n1.example', 22, 'known'],
    ['*.example', 'example', 22, 'unknown'],
    ['n?.example', 'n1.example', 22, 'known'],
    ['n?.example', 'n12.example', 22, 'unknown'],
    ['*.example,!bad.example', 'bad.example', 22, 'unknown'],
    ['*.example,!bad.example', 'good.example', 22, 'known'],
    ['!bad.example', 'good.example', 22, 'unknown'],
    ['[*.example]:2222', 'n1.example', 2222, 'known'],
    ['[10.0.0.*]:*', '10.0.0.7', 40001, 'known'],
    ['fe80::1', 'fe80::1', 22, 'known'],
  ])('%s for %s port %i: %s', (hosts, host, port, verdict) => {
    expect(judge(entries(`${hosts} ${line}`), host, port, key)).toBe(verdict);
  });

  it('tells a changed key from an unknown host, in any order of several keys', () => {
    expect(judge(entries(`h ${line}`), 'h', 22, other)).toBe('changed');
    expect(judge(entries(`h ${line}\nh ${otherLine}`), 'h', 22, other)).toBe('known');
    expect(judge([], 'h', 22, key)).toBe('unknown');
  });

  it('lets a revocation win, wherever it stands', () => {
    for (const text of [`@revoked h ${line}\nh ${line}`, `h ${line}\n@revoked * ${line}`]) {
      expect(judge(entries(text), 'h', 22, key)).toBe('revoked');
    }
    expect(judge(entries(`@revoked * ${line}\nh ${otherLine}`), 'h', 22, other)).toBe('known');
    expect(judge(entries(`@revoked h ${line}`), 'h', 22, other)).toBe('unknown');
  });

  it('reads hashed names', () => {
    const text = `${hashed('[gpu.example]:2222')} ${line} comment of several words`;
    expect(judge(entries(text), 'GPU.example', 2222, key)).toBe('known');
    expect(judge(entries(text), 'gpu.example', 22, key)).toBe('unknown');
  });

  it.skipIf(!existsSync('/usr/bin/ssh-keygen'))(
    'reads what ssh-keygen hashes, and prints its fingerprints',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'medic-known-'));
      const path = join(folder, 'known_hosts');
      await writeFile(path, `gpu.example,[10.0.0.7]:2222 ${line}\n`);
      execFileSync('ssh-keygen', ['-H', '-f', path], { stdio: 'ignore' });
      const text = await readFile(path, 'utf8');
      expect(text).toContain('|1|');
      expect(judge(entries(text), 'gpu.example', 22, key)).toBe('known');
      expect(judge(entries(text), '10.0.0.7', 2222, key)).toBe('known');
      expect(execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' })).toContain(fingerprintOf(key));
      await rm(folder, { recursive: true });
    },
  );
});

describe('faults', () => {
  it.each([
    [`@cert-authority *.example ${line}`, 'certificate authorities are not supported'],
    [`@else h ${line}`, 'the marker @else is not known'],
    ['h ssh-ed25519', 'a line needs'],
    ['h ssh-ed25519 notbase64!', 'the key is not readable'],
    ['h ssh-ed25519 AAAA', 'the key is not readable'],
    [`h ssh-rsa ${line.split(' ')[1]}`, 'the line says ssh-rsa and the key is ssh-ed25519'],
    [`|2|a|b ${line}`, 'the hashed name is not readable'],
    [`|1|a| ${line}`, 'the hashed name is not readable'],
    [`a,,b ${line}`, 'an empty host name'],
  ])('%s', (bad, text) => {
    const parsed = parseKnownHosts(`# comment\n\ngood ${line}\n${bad}\n`, 'kh');
    expect(parsed).toEqual({ ok: false, faults: [{ file: 'kh', line: 4, text: expect.stringContaining(text) }] });
  });

  it('names every bad line at once', () => {
    const parsed = parseKnownHosts('x\ny\n', 'kh');
    expect(parsed.ok ? [] : parsed.faults.map((fault) => fault.line)).toEqual([1, 2]);
  });

  it('passes over comments, empty lines and line ends of another system', () => {
    expect(entries(`# a\r\n\r\n  # b\r\nh ${line}\r\n`)).toHaveLength(1);
    expect(entries('')).toEqual([]);
  });
});

describe('properties', () => {
  const host = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
  const port = fc.integer({ min: 1, max: 65_535 });

  it('never throws, whatever the file holds', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('|1|', '@revoked', '!', '*', line, '\n', ' '));
    fc.assert(
      fc.property(fc.array(word), host, port, (words, name, number) => {
        const parsed = parseKnownHosts(words.join(''), 'kh');
        if (parsed.ok) judge(parsed.entries, name, number, key);
        else expect(parsed.faults.length).toBeGreaterThan(0);
      }),
    );
  });

  it('knows a host under exactly its own name and port, plain or hashed', () => {
    fc.assert(
      fc.property(host, port, host, port, fc.boolean(), (name, number, name2, number2, hash) => {
        const own = number === 22 ? name : `[${name}]:${number}`;
        const list = entries(`${hash ? hashed(own) : own} ${line}`);
        const same = name === name2 && number === number2;
        expect(judge(list, name, number, key)).toBe('known');
        expect(judge(list, name, number, other)).toBe('changed');
        expect(judge(list, name2, number2, key)).toBe(same ? 'known' : 'unknown');
      }),
    );
  });

  it('matches patterns as a regular expression would, and in no time', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '.', '*', '?'), { minLength: 1, maxLength: 12 })
      .map((parts) => parts.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, name, (glob, text) => {
        const expression = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        const verdict = new RegExp(`^${expression}$`).test(text) ? 'known' : 'unknown';
        expect(judge(entries(`${glob} ${line}`), text, 22, key)).toBe(verdict);
      }),
      { numRuns: 500 },
    );
    const startedAt = performance.now();
    judge(entries(`${'*a'.repeat(60)}b ${line}`), 'a'.repeat(5_000), 22, key);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('calls no bytes a key that are none', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void keyTypeOf(Buffer.from(bytes))));
    expect(keyTypeOf(key)).toBe('ssh-ed25519');
    expect(keyTypeOf(Buffer.alloc(0))).toBeUndefined();
  });
});

function entries(text: string): readonly KnownHost[] {
  const parsed = parseKnownHosts(text, 'kh');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.entries;
}

function blobOf(publicLine: string): Buffer {
  return Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
