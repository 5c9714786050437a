import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { daemonPython } from '../../src/facts/daemon-python.ts';
import { daemonStatus } from '../../src/facts/daemon-status.ts';
import { deliveryLedger } from '../../src/facts/delivery-ledger.ts';
import { distributionLogs } from '../../src/facts/distribution-log.ts';
import { ledgerChecksums } from '../../src/facts/ledger-checksums.ts';
import { pathWithout } from '../jobs/node-here.ts';
import {
  logLine,
  serveStatus,
  statusBody,
  writeLedger,
  writeLog,
  writePackage,
} from '../support/daemon/daemon-home.ts';
import { runFact } from './run-fact.ts';

let root: string;
let servers: Server[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'medic-daemon-'));
});
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
  rmSync(root, { recursive: true, force: true });
});

async function serve(body: string, code = 200): Promise<number> {
  const { port, server } = await serveStatus(() => ({ code, body }));
  servers.push(server);
  return port;
}

describe('the HTTP status', () => {
  it('is read with curl, and without it with python3', async () => {
    const port = await serve(statusBody('running'));
    const wanted = { state: 'running', restarts: 0, managerRuns: true };
    expect(await runFact(daemonStatus(port))).toEqual(wanted);
    expect(await runFact(daemonStatus(port), { env: { PATH: pathWithout(root, ['curl']) } })).toEqual(wanted);
  });

  it.each([
    [
      'words where flags should be',
      '{"running": "yes", "daemons": {"model_distribution": {"state": 7, "restart_count": "x"}}}',
      { state: null, restarts: null, managerRuns: null },
    ],
    ['no daemons at all', '{"running": true}', { state: null, restarts: null, managerRuns: true }],
    [
      'another daemon only',
      '{"daemons": {"other": {"state": "running"}}}',
      { state: null, restarts: null, managerRuns: null },
    ],
  ])('may hold %s', async (_, body, wanted) => {
    expect(await runFact(daemonStatus(await serve(body)))).toEqual(wanted);
  });

  it.each([
    ['an error page', '<html>', 200, 'parse'],
    ['an error', statusBody('running'), 503, 'parse'],
  ])('that is %s is no answer', async (_, body, code, reason) => {
    const port = await serve(body, code);
    for (const missing of [[], ['curl']])
      await expect(runFact(daemonStatus(port), { env: { PATH: pathWithout(root, missing) } })).rejects.toMatchObject({
        reason,
      });
  });

  it('is read at an address too, which no word of an answer repeats', async () => {
    const port = await serve(statusBody('running'));
    expect(await runFact(daemonStatus(`http://127.0.0.1:${port}/status`))).toMatchObject({ state: 'running' });
    const silent = runFact(daemonStatus(`http://127.0.0.1:${port}/nothing`));
    await expect(silent).rejects.toMatchObject({ reason: 'parse', message: 'the address gave no status' });
    const nowhere = runFact(daemonStatus('http://nowhere.invalid/status'));
    await expect(nowhere).rejects.toMatchObject({ message: expect.not.stringContaining('nowhere') });
  });

  it('that nobody serves is refused', async () => {
    const port = await serve('');
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    for (const missing of [[], ['curl']])
      await expect(runFact(daemonStatus(port), { env: { PATH: pathWithout(root, missing) } })).rejects.toMatchObject({
        reason: 'refused',
      });
  });
});

describe('the delivery ledger', () => {
  const path = 'data/coordination/delivery_ledger.db';

  it('tells the newest sha256 of each file, and of no other name that ends alike', async () => {
    const [a, b] = ['a', 'b'].map((sign) => sign.repeat(64));
    writeLedger(join(root, path), [
      { node: 'vast-1', status: 'verified', agoS: 60, ...(a === undefined ? {} : { checksum: a }) },
      { node: 'vast-2', status: 'verified', agoS: 10, ...(b === undefined ? {} : { checksum: b }) },
      { node: 'vast-2', status: 'verified', agoS: 5, file: 'old_canonical_hex8_2p.pth', checksum: 'f'.repeat(64) },
      { node: 'vast-2', status: 'verified', agoS: 5, file: 'canonical_hex8_4p.pth', checksum: 'no digest' },
      { node: 'vast-2', status: 'pending', agoS: 1 },
    ]);
    const files = ['canonical_hex8_2p.pth', 'canonical_hex8_4p.pth', 'canonical_hex8_3p.pth'];
    const told = await runFact(ledgerChecksums(root, path, files));
    expect([...told].map(([file, { digest }]) => [file, digest])).toEqual([['canonical_hex8_2p.pth', b]]);
    expect(await runFact(ledgerChecksums(root, 'nowhere.db', files))).toEqual(new Map());
    writeFileSync(join(root, path), 'no database');
    await expect(runFact(ledgerChecksums(root, path, files))).rejects.toMatchObject({ reason: 'parse' });
  });

  it('is read from a copy, with what is in its WAL alone, and nothing is written beside it', async () => {
    writeLedger(join(root, path), [
      { node: 'vast-1', status: 'failed', agoS: 60, error: 'Transfer failed' },
      { node: 'vast-1', status: 'failed', agoS: 30, error: 'Transfer failed', file: 'canonical_hex8_4p.pth' },
      { node: 'vast-2', status: 'failed', agoS: 7_200, error: 'Transfer failed' },
      { node: 'vast-3', status: 'verified', agoS: 20 },
      { node: 'vast-4', status: 'transferring', agoS: 900 },
      { node: 'vast-5', status: 'pending', agoS: 10 },
      // Whoever wrote it has given it up.
      { node: 'vast-6', status: 'pending', agoS: 200_000 },
    ]);
    const before = readdirSync(join(root, 'data/coordination')).toSorted();
    const ledger = await runFact(deliveryLedger(root, path, 3_600, 300));
    expect(ledger).toMatchObject({
      kind: 'read',
      nodes: 4,
      pending: 3,
      failed: [
        {
          node: 'vast-1',
          reason: 'Transfer failed',
          count: 2,
          files: ['canonical_hex8_4p.pth', 'canonical_hex8_2p.pth'],
        },
      ],
      stuck: [{ node: 'vast-4', file: 'canonical_hex8_2p.pth' }],
    });
    expect(readdirSync(join(root, 'data/coordination')).toSorted()).toEqual(before);
  });

  it('may not be there', async () => {
    expect(await runFact(deliveryLedger(root, path, 3_600, 300))).toEqual({ kind: 'absent' });
  });

  it('that is no ledger, or cannot be read for want of python3, is unknown', async () => {
    writeFileSync(join(root, 'x.db'), 'no database at all, but longer than a header of one would be');
    await expect(runFact(deliveryLedger(root, 'x.db', 3_600, 300))).rejects.toMatchObject({ reason: 'parse' });
    const env = { PATH: pathWithout(root, ['python3']) };
    await expect(runFact(deliveryLedger(root, 'x.db', 3_600, 300), { env })).rejects.toMatchObject({
      reason: 'no_tool',
    });
  });
});

describe('the log', () => {
  it('is read for the time asked about; one that is not there is told', async () => {
    writeLog(join(root, 'logs/a.log'), [
      logLine('long ago', 9_000),
      logLine('Checksum mismatch on vast-1', 60),
      '{"timestamp": 1, "level": "I", "message": "1970"}',
    ]);
    const { logs, nowMs } = await runFact(distributionLogs(root, ['logs/a.log', 'logs/b.log'], 3_600));
    expect(logs).toMatchObject([
      { path: 'logs/a.log', there: true, lines: [{ message: 'Checksum mismatch on vast-1' }] },
      { path: 'logs/b.log', there: false, lines: [] },
    ]);
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(120_000);
  });

  it('is read from its end', async () => {
    writeLog(join(root, 'a.log'), [
      ...Array.from({ length: 9_000 }, () => logLine('x'.repeat(60), 60)),
      logLine('the last one', 1),
    ]);
    const { logs } = await runFact(distributionLogs(root, ['a.log'], 3_600));
    expect(logs[0]?.lines.at(-1)?.message).toBe('the last one');
    expect(logs[0]?.lines.length).toBeLessThan(9_000);
  });
});

describe('the Python call of the runbook', () => {
  it.each([
    ['runbook', { kind: 'answer', healthy: true, pending: 2, failedLastHour: 0 }],
    ['async', { kind: 'answer', healthy: false, pending: null, failedLastHour: null }],
    ['real', { kind: 'answer', healthy: null, pending: null, failedLastHour: null }],
    ['raises', { kind: 'raised', detail: 'AttributeError: _start_time' }],
  ] as const)('is answered by the package as in "%s"', async (kind, wanted) => {
    writePackage(root, kind);
    expect(await runFact(daemonPython(root))).toEqual(wanted);
    expect(existsSync(join(root, 'STARTED'))).toBe(false);
    expect(readdirSync(join(root, 'app', 'coordination'))).not.toContain('__pycache__');
  });

  it('that hangs is ended, and tells that no answer came', async () => {
    writePackage(root, 'hangs');
    expect(await runFact(daemonPython(root, 1))).toEqual({ kind: 'raised', detail: 'no answer within 1 s' });
  });

  it('finds no package where there is none', async () => {
    expect(await runFact(daemonPython(root))).toMatchObject({
      kind: 'absent',
      detail: expect.stringContaining('ModuleNotFoundError'),
    });
  });
});
