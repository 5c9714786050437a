import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { serveStatus, statusBody, writeSender } from '../support/daemon/daemon-home.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, namesOfTargets, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const FILE = canonicalName('hex8_2p');
const OTHER = canonicalName('hex8_4p');
const nodes = ['vast-1', 'vast-2', 'vast-3'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('asking the daemon to send', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  let server: Server;
  let root: string;
  let events: string[];
  let onEvent: () => number;
  const path = (node: string, name = FILE): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);
  const wish = (...words: string[]) => medic('distribute', 'hex8_2p', ...words, '--transport', 'daemon', '--json');
  const outcomes = (json: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(
      listIn(objectIn(json['receipt'])['targets']).map(({ node, outcome }) => [text(node), text(outcome)]),
    );

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, ...nodes.map((name) => ({ name }))], ['hex8_2p', 'hex8_4p']);
    root = dirname(site.node('mac-studio').modelsDir);
    const status = () => ({ code: 200, body: statusBody('running') });
    const served = await serveStatus(status, (body) => {
      events.push(body);
      return onEvent();
    });
    server = served.server;
    const lines = [...soleApprover, `daemon: { statusPort: ${served.port}, stuckSeconds: 4 }`];
    config = await site.configure('by-daemon', lines, ['hex8_2p', 'hex8_4p']);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  beforeEach(() => {
    events = [];
    onEvent = () => 500;
    rmSync(join(root, 'app'), { recursive: true, force: true });
    for (const node of nodes) writeFileSync(path(node), checkpointOf('hex8_2p', 7));
  });

  afterAll(async () => {
    server?.close();
    await redis?.close();
    await site?.close();
  });

  it('posts its event once where the package has no such call, and believes each node for itself', async () => {
    const asked = await wish('to', 'vast-[1-2]');
    expect(asked.exit, asked.stderr).toBe(0);
    const [plan = {}] = listIn(asked.json['plans']);
    expect(namesOfTargets([plan])).toEqual(['mac-studio', 'vast-1', 'vast-2']);
    expect(text(plan['summary'])).toContain('it sends every canonical file to all its targets, not only these');
    expect(plan).toMatchObject({ risk: 'replaces-weights' });
    expect(events).toEqual([]);

    // It says yes, brings the file to one of the two, and to one that nobody named.
    onEvent = () => {
      setTimeout(() => copyFileSync(path('mac-studio'), path('vast-1')), 1_500);
      copyFileSync(path('mac-studio'), path('vast-3'));
      return 202;
    };
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit).toBe(6);
    expect(outcomes(run.json)).toEqual({ 'mac-studio': 'verified', 'vast-1': 'verified', 'vast-2': 'rolled_back' });
    expect(run.stdout).toContain('nothing has come for');
    expect(events.map((body) => JSON.parse(body))).toEqual([
      {
        event_type: 'MODEL_UPDATED',
        payload: { model_path: `models/${FILE}`, update_type: 'sync_requested' },
        source: 'model-medic',
      },
    ]);
    const receipt = text(objectIn(run.json['receipt'])['id']);
    const back = await medic('rollback', receipt);
    expect(back.exit).not.toBe(0);
    expect(back.stdout + back.stderr).toContain('cannot be called back');

    const again = await medic('distribute', '--failed', receipt, '--json');
    expect(namesOfTargets(listIn(again.json['plans']))).toEqual(['mac-studio', 'vast-2']);
  });

  it('calls what the runbook calls where it exists, with rsync and the named nodes, and starts no daemon', async () => {
    writeSender(root, [
      'json.dump([file_path, data_type, force_transport, target_nodes], open("CALLED", "w"))',
      `shutil.copyfile(file_path, ${JSON.stringify(path('vast-1'))})`,
      'return True',
    ]);
    const [plan = {}] = listIn((await wish('to', 'vast-1')).json['plans']);
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit, run.stderr).toBe(0);
    // Already there when its turn came.
    expect(outcomes(run.json)).toEqual({ 'mac-studio': 'verified', 'vast-1': 'already_right' });
    const called: unknown = JSON.parse(readFileSync(join(root, 'CALLED'), 'utf8'));
    expect(called).toEqual([`models/${FILE}`, 'model', 'rsync', ['vast-1']]);
    expect(events).toEqual([]);
    expect(existsSync(join(root, 'STARTED'))).toBe(false);
  });

  it.each([
    ['raises', ['raise RuntimeError("All transport methods failed")'], 'All transport methods failed'],
    ['answers False', ['return False'], 'distribute_file answered False'],
    ['is absent and its door refuses', undefined, 'answers 500 to the event'],
  ] as const)('waits for nobody where the daemon %s', async (_, lines, words) => {
    if (lines !== undefined) writeSender(root, lines);
    const before = treeOf(site.node('vast-1').modelsDir);
    const [plan = {}] = listIn((await wish('to', 'vast-1')).json['plans']);
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit).not.toBe(0);
    expect(outcomes(run.json)).toEqual({ 'mac-studio': 'rolled_back', 'vast-1': 'not_started' });
    expect(run.stdout).toContain(words);
    expect(events).toHaveLength(lines === undefined ? 1 : 0);
    expect(treeOf(site.node('vast-1').modelsDir)).toEqual(before);
  });

  it('is not asked while any canonical file on the coordinator must not be sent, or while nobody lacks the model', async () => {
    const good = readFileSync(path('mac-studio', OTHER));
    writeFileSync(path('mac-studio', OTHER), good.subarray(0, 40_000));
    const refused = await wish('to', 'vast-1');
    expect(listIn(refused.json['plans'])).toEqual([]);
    expect(refused.stdout).toContain('source_bad');
    expect(refused.stdout).toContain(OTHER);
    writeFileSync(path('mac-studio', OTHER), good);
    for (const node of nodes) copyFileSync(path('mac-studio'), path(node));
    expect(listIn((await wish('to', 'vast-*')).json['plans'])).toEqual([]);
    expect((await wish('to', 'vast-1', '--force')).json).toMatchObject({ refused: { code: 'usage' } });
    expect(events).toEqual([]);
  });
});
