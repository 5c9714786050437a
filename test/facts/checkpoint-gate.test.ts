import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStoredZip, type StoredEntry, writeStoredZip } from '../../src/demo/fleet/stored-zip.ts';
import { type Checkpoint, checkpointFault, checkpointLines } from '../../src/domain/checkpoint.ts';
import { checkpointGate } from '../../src/facts/checkpoint-gate.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact, type ShellOptions } from './run-fact.ts';

const fixtures = join(import.meta.dirname, '..', 'support', 'checkpoints');
const good = readFileSync(join(fixtures, 'good.pth'));
const entries = readStoredZip(good);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-gate-'));
  for (const name of readdirSync(fixtures)) copyFileSync(join(fixtures, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gate(names: readonly string[], options?: ShellOptions): Promise<ReadonlyMap<string, Checkpoint>> {
  const { dev, ino } = statSync(folder);
  return runFact(checkpointGate(folder, `${dev}:${ino}`, names), options);
}

/** The code that a file of these bytes gets. */
async function codeOf(bytes: Buffer, model = 'hex8_2p'): Promise<string | undefined> {
  writeFileSync(join(folder, 'made.pth'), bytes);
  const checkpoint = (await gate(['made.pth'])).get('made.pth');
  if (checkpoint === undefined) throw new Error('no answer');
  return checkpointFault(checkpoint, model)?.code;
}

/** The good checkpoint with another pickle. */
function withPickle(...parts: readonly (string | Buffer)[]): Buffer {
  const data = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return writeStoredZip(entries.map((entry) => (entry.name.endsWith('/data.pkl') ? { ...entry, data } : entry)));
}

describe('the gate', () => {
  it('tells every kind of file apart, one cause each, without running anything', async () => {
    const names = readdirSync(fixtures);
    const seen = await gate(names);
    const codes = Object.fromEntries(
      [...seen].map(([name, checkpoint]) => [name, checkpointFault(checkpoint, 'hex8_2p')?.code ?? 'sound']),
    );
    expect(codes).toEqual({
      'bare_state_dict.pth': 'sound',
      'empty.pth': 'format_invalid',
      'flipped_byte.pth': 'format_corrupt',
      'good.pth': 'sound',
      'good_torch_version.pth': 'sound',
      'html_error.pth': 'format_invalid',
      'legacy_format.pth': 'format_legacy',
      'numpy_scalar.pth': 'load_refused',
      'runs_code_when_unpickled.pth': 'load_refused',
      'truncated.pth': 'model_truncated',
      'wrong_board.pth': 'metadata_wrong',
    });
    for (const place of [folder, '/', process.cwd()])
      expect(existsSync(join(place, 'checkpoint-was-unpickled'))).toBe(false);
  });

  it('reads version, byte order, metadata, weights and what is asked for', async () => {
    const seen = (await gate(['good_torch_version.pth'])).get('good_torch_version.pth');
    expect(seen).toMatchObject({ board: 'hex8', players: 2, read: true, fault: null, fileVersion: '3' });
    expect(seen?.torchVersion).toBe('2.9.1');
    expect(seen?.metadataKeys).toContain('num_players');
    expect(seen?.globals).toEqual(expect.arrayContaining(['collections.OrderedDict', 'torch.FloatStorage']));
    expect(seen === undefined ? [] : checkpointLines(seen)).toContain('weights: Float');
  });

  const STORED: readonly [string, (all: readonly StoredEntry[]) => Buffer][] = [
    ['two entries of one name', (all) => writeStoredZip([...all, ...all.slice(0, 1)])],
    ['more than 10,000 entries', (all) => writeStoredZip([...all, ...many(10_000)])],
    ['bytes before the zip', () => Buffer.concat([Buffer.from('PK\x03\x04 before'), good])],
    ['bytes behind the zip', () => Buffer.concat([good, Buffer.from('behind')])],
    ['no pickle', (all) => writeStoredZip(all.filter(({ name }) => !name.endsWith('/data.pkl')))],
    ['a compressed entry', () => marked(good, 10, 8)],
    ['an encrypted entry', () => marked(good, 8, 1)],
    ['an end that counts other entries', () => endMarked(good, 10, 3)],
  ];
  it.each(STORED)('lets no zip through that torch would not write: %s', async (_, make) => {
    expect(await codeOf(make(entries))).toBe('format_invalid');
  });

  it('takes a program of TorchScript, too long a pickle and too small a file for what they are', async () => {
    expect(await codeOf(writeStoredZip([...entries, { name: 'good/constants.pkl', data: Buffer.from('.') }]))).toBe(
      'load_refused',
    );
    expect(await codeOf(withPickle(Buffer.alloc(2 ** 24 + 1)))).toBe('format_invalid');
    expect(await codeOf(writeStoredZip(entries.filter(({ name }) => name.endsWith('/data.pkl'))))).toBe(
      'format_invalid',
    );
    expect(await codeOf(withPickle('no pickle at all'))).toBe('format_corrupt');
  });

  const PICKLES: readonly [string, string, string | undefined][] = [
    ['a plain name', 'cos\nsystem\n.', 'load_refused'],
    ['a name by INST', '(ios\nsystem\n.', 'load_refused'],
    ['a name from the stack', '\x80\x04\x8c\x02os\x8c\x06system\x93.', 'load_refused'],
    ['a name from the memo', '\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93.', 'load_refused'],
    ['a name that only loading makes', '\x80\x04\x8c\x02os2\x8c\x06system\x93.', 'load_refused'],
    ['an allowed name that is made by bytes', '\x80\x04C\x0bcollections\x8c\x0bOrderedDict\x93.', 'load_refused'],
    ['a registered extension', '\x82\x01.', 'load_refused'],
    ['an allowed name', 'ccollections\nOrderedDict\n.', undefined],
    ['an allowed name from the stack', '\x80\x04\x8c\x0bcollections\x8c\x0bOrderedDict\x93.', undefined],
  ];
  it.each(PICKLES)('follows what the pickle asks for: %s', async (_, pickle, code) => {
    expect(await codeOf(withPickle(pickle))).toBe(code);
  });

  it('has an answer for every file, however its bytes were changed', async () => {
    const small = writeStoredZip(
      entries.map(({ name, data }) => ({ name, data: name.includes('/data/') ? data.subarray(0, 64) : data })),
    );
    const change = fc.record({
      at: fc.nat(small.length - 1),
      fromEnd: fc.boolean(),
      value: fc.nat(255),
      length: fc.option(fc.nat(small.length), { freq: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 40, maxLength: 40 }), async (changes) => {
        const names = changes.map(({ at, fromEnd, value, length }, index) => {
          const bytes = Buffer.from(small);
          bytes[fromEnd ? small.length - 1 - (at % 1_200) : at] = value;
          writeFileSync(join(folder, `changed-${index}`), bytes.subarray(0, length ?? small.length));
          return `changed-${index}`;
        });
        expect((await gate(names)).size).toBe(names.length);
      }),
      { numRuns: 8 },
    );
  });

  it('does not call a file sound that nothing on the node could read', async () => {
    const own = mkdtempSync(join(tmpdir(), 'medic-gate-'));
    const names = ['good.pth', 'flipped_byte.pth', 'truncated.pth', 'html_error.pth', 'legacy_format.pth'];
    try {
      const faults = async (missing: readonly string[]) => {
        const seen = await gate(names, { env: { PATH: pathWithout(own, [...missing]) } });
        expect([...seen.values()].map(({ read }) => read)).toEqual(names.map(() => false));
        return names.map((name) => seen.get(name)?.fault);
      };
      const rest = ['model_truncated', 'format_invalid', 'format_legacy'];
      expect(await faults(['python3'])).toEqual([null, 'format_corrupt', ...rest]);
      expect(await faults(['python3', 'unzip'])).toEqual([null, null, ...rest]);
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });
});

function many(count: number): StoredEntry[] {
  return Array.from({ length: count }, (_, index) => ({ name: `good/data/x${index}`, data: Buffer.alloc(0) }));
}

/** The zip with one byte of its directory's first entry changed. */
function marked(zip: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(zip);
  changed[changed.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + at] = value;
  return changed;
}

/** The zip with one byte of its end record changed. */
function endMarked(zip: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(zip);
  changed[changed.length - 22 + at] = value;
  return changed;
}
