import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followedLedger, type LedgerPosition } from '../../src/facts/followed-ledger.ts';
import { writeLedger } from '../support/daemon/daemon-home.ts';
import { runFact } from './run-fact.ts';

const NAME = 'data/coordination/delivery_ledger.db';
let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medic-ledger-'));
  path = join(root, NAME);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (position: LedgerPosition | undefined, rowsMax = 200) =>
  runFact(followedLedger(root, NAME, position, rowsMax));

describe('the delivery ledger that is followed', () => {
  it('begins now, and takes each failed delivery once, also those whose rows are in the WAL alone', async () => {
    writeLedger(path, [{ node: 'vast-1', status: 'failed', agoS: 300, error: 'long ago' }]);
    const begun = await read(undefined);
    expect(begun.rows).toEqual([]);
    writeLedger(path, [
      { node: 'vast-1', status: 'failed', agoS: -1, error: 'All transport methods failed' },
      { node: 'vast-2', status: 'verified', agoS: -1 },
    ]);
    const { rows, position } = await read(begun.position);
    expect(rows).toMatchObject([
      { node: 'vast-1', reason: 'All transport methods failed', file: 'canonical_hex8_2p.pth' },
    ]);
    expect((await read(position)).rows).toEqual([]);
  });

  it('takes a row that was written late, and one that failed again', async () => {
    writeLedger(path, []);
    const begun = await read(undefined);
    writeLedger(path, [{ node: 'vast-1', status: 'failed', agoS: -5, error: 'x' }]);
    const first = await read(begun.position);
    // Its transaction began before the one that was read already.
    writeLedger(path, [{ node: 'vast-2', status: 'failed', agoS: 20, error: 'late' }]);
    const second = await read(first.position);
    expect(second.rows.map(({ node }) => node)).toEqual(['vast-2']);
    const program =
      'import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE deliveries SET updated_at = ?, retry_count = 1, max_retries = 3 WHERE target_node = ?", (time.time() + 6, "vast-1")); db.commit()';
    execFileSync('python3', ['-I', '-c', program, path]);
    expect((await read(second.position)).rows).toMatchObject([{ node: 'vast-1', tried: 1, most: 3 }]);
  });

  it('takes no more at once than it may, and loses nothing by it', async () => {
    writeLedger(path, []);
    let { position } = await read(undefined);
    const nodes = Array.from({ length: 25 }, (_, index) => `n${index}`);
    writeLedger(
      path,
      nodes.map((node) => ({ node, status: 'failed' as const, agoS: -2, error: 'x' })),
    );
    const seen: string[] = [];
    for (let more = true; more; ) {
      const part = await read(position, 10);
      expect(part.rows.length).toBeLessThanOrEqual(10);
      seen.push(...part.rows.map(({ node }) => node));
      ({ position, more } = part);
    }
    expect(seen.toSorted()).toEqual(nodes.toSorted());
  });

  it('that comes to be later is read from its beginning', async () => {
    const { position } = await read(undefined);
    writeLedger(path, [{ node: 'vast-1', status: 'failed', agoS: 5, error: 'x' }]);
    expect((await read(position)).rows).toHaveLength(1);
  });
});
