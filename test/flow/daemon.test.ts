import { rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import {
  logLine,
  serveStatus,
  statusBody,
  writeLedger,
  writeLog,
  writePackage,
} from '../support/daemon/daemon-home.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const LEDGER = 'data/coordination/delivery_ledger.db';
const LOG = 'logs/distribution.log';

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('the distribution daemon', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  let server: Server;
  let root: string;
  let port: number;
  let answer = { code: 200, body: statusBody('running') };
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, { name: 'vast-1' }, { name: 'vast-2' }],
      ['hex8_2p'],
    );
    root = dirname(site.node('mac-studio').modelsDir);
    const served = await serveStatus(() => answer);
    server = served.server;
    port = served.port;
    config = await site.configure('daemon', [...soleApprover, `daemon: { statusPort: ${port} }`]);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  beforeEach(() => {
    for (const name of ['data', 'logs', 'app']) rmSync(join(root, name), { recursive: true, force: true });
    answer = { code: 200, body: statusBody('running') };
  });

  afterAll(async () => {
    server?.close();
    await redis?.close();
    await site?.close();
  });

  const codes = (json: Record<string, unknown>): string[] =>
    listIn(json['findings']).map((one) => `${text(one['node'])} ${text(one['code'])} ${text(one['severity'])}`);

  it('is well when every source that exists says so', async () => {
    writeLedger(join(root, LEDGER), [{ node: 'vast-1', status: 'verified', agoS: 20 }]);
    writeLog(join(root, LOG), [logLine('Cycle complete in 3s: 4 distributed, 1 skipped, 0 errors', 20, 'INFO')]);
    writePackage(root, 'runbook');
    const before = treeOf(root);
    const { exit, json, stdout, stderr } = await medic('health', '--json');
    expect(exit, stdout + stderr).toBe(0);
    expect(json['sources']).toEqual([
      expect.stringMatching(/^HTTP :\d+: up: running, restarted 0 times$/),
      expect.stringMatching(/^delivery ledger: up: 0 deliveries pending, last written \d+ s ago$/),
      expect.stringMatching(/^log: up: no line of trouble, last line \d+ s ago$/),
      expect.stringMatching(/^Python call: silent: healthy; .* fresh instance and prove nothing$/),
    ]);
    // Nothing was written beside what was read.
    expect(treeOf(root)).toEqual(before);
    expect((await medic('health')).stdout).toContain('🟢 the distribution daemon works');
  });

  it('is asked by the worker itself where medic.yaml says where', async () => {
    const direct = `daemon: { statusUrl: "http://127.0.0.1:${port}/status", python: false }`;
    const { exit, json, stderr } = await runMedic(await site.configure('direct', [...soleApprover, direct]), [
      'health',
      '--json',
    ]);
    expect(exit, stderr).toBe(0);
    expect(json['sources']).toContain('HTTP, asked directly: up: running, restarted 0 times');
    expect(JSON.stringify(json)).not.toContain('127.0.0.1');
  });

  it('is in trouble where its ledger and its log say so, and sources that disagree are told', async () => {
    writeLedger(join(root, LEDGER), [
      { node: 'vast-1', status: 'failed', agoS: 60, error: 'All transport methods failed' },
      ...['vast-2', 'vast-3', 'vast-4', 'vast-5', 'vast-6'].map((node) => ({
        node,
        status: 'verified' as const,
        agoS: 60,
      })),
    ]);
    writeLog(join(root, LOG), [logLine('Failed to distribute canonical_hex8_2p.pth to vast-1', 60)]);
    writePackage(root, 'real');
    const { exit, json } = await medic('health', '--json');
    expect(exit).toBe(1);
    expect(codes(json)).toEqual(['mac-studio daemon_degraded warning']);
    expect(JSON.stringify(json['sources'])).toContain('the sources disagree: HTTP');
    expect(listIn(json['unknown']).map((one) => text(one['detail']))).toEqual([
      'Python call: health_check answers with neither is_healthy nor healthy',
    ]);
  });

  it('is critical from three nodes on, and down when it says so', async () => {
    // What it says of itself in a fresh process proves nothing.
    writePackage(root, 'async');
    expect(codes((await medic('health', '--json')).json)).toEqual([]);
    writeLedger(
      join(root, LEDGER),
      ['vast-1', 'vast-2', 'vast-3'].map((node) => ({ node, status: 'failed', agoS: 60, error: 'Transfer failed' })),
    );
    expect(codes((await medic('health', '--json')).json)).toEqual(['mac-studio daemon_degraded critical']);
    answer = { code: 200, body: statusBody('import_failed') };
    expect(codes((await medic('health', '--json')).json)).toEqual(['mac-studio daemon_down critical']);
  });

  it('cannot be observed when no source answers, and what raises is unknown', async () => {
    answer = { code: 503, body: '' };
    writePackage(root, 'raises');
    const { exit, json } = await medic('health', '--json');
    expect(exit).toBe(1);
    expect(codes(json)).toEqual(['mac-studio daemon_unobservable warning']);
    expect(listIn(json['unknown']).map((one) => text(one['detail']))).toEqual([
      expect.stringMatching(/^HTTP :\d+: /),
      'Python call: health_check raised AttributeError: _start_time',
    ]);
  });

  it('fails for a reason, and says of every other cause that it is none', async () => {
    writeLedger(join(root, LEDGER), [
      { node: 'vast-1', status: 'failed', agoS: 60, error: 'All transport methods failed' },
      { node: 'vast-1', status: 'failed', agoS: 30, error: 'Circuit breaker open' },
      { node: 'vast-2', status: 'failed', agoS: 7_000, error: 'Transfer failed' },
      { node: 'vast-2', status: 'verified', agoS: 20 },
    ]);
    // A log is data: what stands in it names no node that the inventory does not have, and never runs.
    writeLog(join(root, LOG), [logLine('Failed to distribute $(touch RAN) to $(touch RAN)', 60)]);
    const before = treeOf(site.node('vast-1').modelsDir);
    const { exit, json } = await medic('diagnose', 'hex8_2p', '--json');
    expect(exit).toBe(1);
    expect(codes(json)).toEqual(['vast-1 transport_failing warning', 'vast-1 breaker_open warning']);
    const [failing] = listIn(json['findings']);
    expect(text(failing?.['title'])).toMatch(/^2 failed deliveries in the last 1 h: no cause found on the node$/);
    const evidence = JSON.stringify(failing?.['evidence']);
    for (const words of [
      'refuted: the connection works',
      'refuted: its user may write',
      'refuted: its disk is',
      'refuted: rsync is there (rsync',
      'refuted: the source and the daemon work: 0 of 1 other node',
    ])
      expect(evidence).toContain(words);
    expect(treeOf(site.node('vast-1').modelsDir)).toEqual(before);
    expect(codes((await medic('diagnose', 'hex8_2p', 'on', 'vast-2', '--json')).json)).toEqual([]);
    expect(codes((await medic('diagnose', 'on', 'vast-2', '--since', '3h', '--json')).json)).toEqual([
      'vast-2 transport_failing warning',
    ]);

    await site.node('vast-1').stop();
    try {
      const silent = await medic('diagnose', 'on', 'vast-1', '--json');
      expect(text(listIn(silent.json['findings'])[0]?.['title'])).toContain('nothing listens on its SSH port');
      expect((await medic('diagnose', 'on', 'vast-1')).stdout).toContain(
        '    supported: nothing listens on its SSH port',
      );
    } finally {
      await site.node('vast-1').start();
    }
  });

  it('is tried by a probe, which only somebody who may operate asks for', async () => {
    const before = treeOf(site.node('vast-1').modelsDir);
    const { exit, stdout, stderr } = await medic('diagnose', 'on', 'vast-1', '--probe');
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('vast-1: 1 MB was written and taken away again; 1 MB came from there');
    expect(treeOf(site.node('vast-1').modelsDir)).toEqual(before);
    const looker = await site.configure('daemon-looker', ['roles: { operators: [], approvers: [] }']);
    const refused = await runMedic(looker, ['diagnose', 'on', 'vast-1', '--probe']);
    expect(refused.exit).toBe(3);
    expect(refused.stderr + refused.stdout).toContain('is a probe');
    expect((await medic('check', '--only', 'transport-probes')).exit).toBe(2);
  });

  it('with an old cache of checksums is told apart from nodes whose bytes are wrong', async () => {
    for (let look = 0; look < 2; look += 1) await medic('check', '--only', 'model-digest');
    writeLog(join(root, LOG), [
      logLine('Checksum mismatch on vast-1', 60),
      logLine('Checksum mismatch on nobody-1', 60),
    ]);
    const { json } = await medic('health', '--json');
    // The nodes have refuted it, so it is no trouble of its own.
    expect(codes(json)).toEqual(['mac-studio daemon_cache_stale warning']);
    const stale = listIn(json['findings']).find((one) => one['code'] === 'daemon_cache_stale');
    expect(text(stale?.['title'])).toContain('checksum mismatches on vast-1, where the bytes are right');
    writeFileSync(join(site.node('vast-1').modelsDir, 'canonical_hex8_2p.pth'), 'other bytes');
    expect(codes((await medic('health', '--json')).json)).toEqual(['mac-studio daemon_degraded warning']);
  });
});
