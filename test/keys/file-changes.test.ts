import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFileChanges } from '../../src/keys/file-changes.ts';
import { changesConformance } from '../conformance/changes.ts';

changesConformance('a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-changes-'));
  const open = () => openFileChanges(join(folder, 'state', 'changes'));
  return { changes: open(), other: open, close: async () => rmSync(folder, { recursive: true }) };
});

it('a file of changes is written anew when it has grown, and a torn line in it counts for nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-changes-'));
  try {
    const file = join(folder, 'changes');
    writeFileSync(file, `${'1000 vast-1\n'.repeat(30_000)}9000000 vast-2\n17`);
    const changes = openFileChanges(file);
    await changes.note({ node: 'vast-3', atMs: 9_000_001 });
    expect(statSync(file).size).toBeLessThan(100);
    expect(await changes.lately(9_000_002)).toEqual([
      { node: 'vast-2', atMs: 9_000_000 },
      { node: 'vast-3', atMs: 9_000_001 },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
