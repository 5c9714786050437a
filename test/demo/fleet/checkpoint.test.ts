import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeCheckpoint } from '../../../src/demo/fleet/checkpoint.ts';
import { readStoredZip, writeStoredZip } from '../../../src/demo/fleet/stored-zip.ts';

const python = ['/usr/bin/python3', 'python3'].find((program) => spawnSync(program, ['-V']).status === 0);

describe('checkpoints', () => {
  it('differ by model and by generation, and have one size a model', () => {
    const first = makeCheckpoint({ board: 'hex8', players: 2, generation: 1 });
    const second = makeCheckpoint({ board: 'hex8', players: 2, generation: 2 });
    const other = makeCheckpoint({ board: 'square8', players: 4, generation: 1 });
    expect(first.length).toBe(second.length);
    expect(first.equals(second)).toBe(false);
    expect(first.equals(makeCheckpoint({ board: 'hex8', players: 2, generation: 1 }))).toBe(true);
    const pickle = readStoredZip(other).find(({ name }) => name.endsWith('/data.pkl'))?.data ?? Buffer.alloc(0);
    expect(pickle.includes('square8')).toBe(true);
    expect(pickle.includes('hex8')).toBe(false);
  });

  it('are zips whose every entry has its right sum, on a 64-byte boundary', () => {
    const zip = makeCheckpoint({ board: 'square8', players: 2, generation: 1 });
    const entries = readStoredZip(zip);
    expect(entries.map(({ name }) => name)).toContain('canonical_square8_2p/version');
    for (const { data } of entries) expect((data.byteOffset - zip.byteOffset) % 64).toBe(0);
    expect(readStoredZip(writeStoredZip(entries)).map(({ data }) => crc32(data))).toEqual(
      entries.map(({ data }) => crc32(data)),
    );
  });

  it.skipIf(python === undefined)(
    'are accepted by another reader of zips and of pickles, which finds the metadata',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'medic-checkpoint-'));
      const path = join(folder, 'model.pth');
      writeFileSync(path, makeCheckpoint({ board: 'square8', players: 4, generation: 3 }));
      const script = [
        'import sys, zipfile, pickletools',
        'z = zipfile.ZipFile(sys.argv[1])',
        'p = z.read([n for n in z.namelist() if n.endswith("/data.pkl")][0])',
        'ops = [a for o, a, _ in pickletools.genops(p) if a is not None and o.name in ("BINUNICODE", "BININT1")]',
        'print(z.testzip(), ops[ops.index("board_type") + 1], ops[ops.index("num_players") + 1])',
      ].join('\n');
      const { stdout, stderr } = spawnSync(python ?? '', ['-c', script, path], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect(stderr).toBe('');
      expect(stdout).toBe('None square8 4\n');
    },
  );
});
