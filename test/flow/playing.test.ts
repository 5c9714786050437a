import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const FILE = canonicalName('hex8_2p');
const PLAYS = 'import sys, time\nf = open(sys.argv[1], "rb")\nprint("holds", flush=True)\ntime.sleep(600)';

describe.skipIf(!hasTool('sshd') || !hasTool('redis') || process.platform !== 'linux')('playing', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const players: ChildProcess[] = [];
  const medic = (...words: string[]) => runMedic(config, words);
  const path = (node: string): string => join(site.node(node).modelsDir, FILE);

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }, { name: 'vast-2' }], ['hex8_2p']);
    config = await site.configure('playing');
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    for (const player of players) player.kill('SIGKILL');
    await redis?.close();
    await site?.close();
  });

  /** Self-play on a node: it opens the model that is there and keeps it. */
  async function selfPlay(node: string): Promise<ChildProcess> {
    const player = spawn('/usr/bin/python3', ['-c', PLAYS, path(node)], { stdio: ['ignore', 'pipe', 'inherit'] });
    players.push(player);
    let said = '';
    player.stdout?.on('data', (part: Buffer) => (said += part.toString()));
    await until('self-play has its model', () => said.includes('holds'));
    return player;
  }

  it('names the process that keeps the old file open after a resync, until it has restarted', async () => {
    await medic('check');
    writeFileSync(path('vast-1'), checkpointOf('hex8_2p', 7));
    const old = await selfPlay('vast-1');
    await selfPlay('vast-2');
    const planned = await medic('fix', '--json');
    const [plan = {}] = listIn(planned.json['plans']);
    const run = await medic('approve', text(plan['hash']));
    expect(run.exit, run.stdout + run.stderr).toBe(0);

    const seen = await medic('playing', 'hex8_2p', '--json');
    expect(seen.exit).toBe(1);
    expect(listIn(seen.json['findings']).map((one) => `${text(one['node'])} ${text(one['code'])}`)).toEqual([
      'vast-1 plays_old_model',
    ]);
    expect(JSON.stringify(seen.json)).toContain(`python3 (${old.pid ?? 0})`);
    const words = (await medic('playing', 'hex8_2p')).stdout;
    expect(words).toContain(`1 process still plays an old ${FILE} from memory`);

    old.kill('SIGKILL');
    await selfPlay('vast-1');
    await until('the old one is gone', async () => (await medic('playing', 'hex8_2p')).exit === 0);
    expect((await medic('playing', 'on', 'vast-1')).stdout).toContain('is played as it should be by python3');
  });
});
