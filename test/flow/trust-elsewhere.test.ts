import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../src/config.ts';
import { TRUST } from '../../src/domain/trust.ts';
import { workerKeyFolder } from '../../src/keys/entry-keys.ts';
import { openInventory } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { type RedisServer, startRedisServer } from '../support/flow/redis-server.ts';
import { me, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const BOB = 'T0TEAM/U0BOB';
const roles = [`roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["${BOB}"] }`];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a rebuilt host and two workers with files of their own', () => {
  let folder: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let redis: RedisServer;
  let office: Office;
  let here: Config;
  let there: Config;
  let files: Record<'here' | 'there', string>;
  const workers: Partial<Record<'here' | 'there', Root>> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'medic-elsewhere-'));
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, { name: 'nebius-1' }],
      ['hex8_2p'],
    );
    redis = await startRedisServer(folder);
    const first = await site.configure('elsewhere', roles);
    const second = join(folder, 'there', 'medic.yaml');
    mkdirSync(join(folder, 'there'), { mode: 0o700 });
    here = configAt(first);
    copyFileSync(here.knownHostsFile, join(folder, 'there', 'known_hosts'));
    const own = readFileSync(first, 'utf8').replace(/^knownHosts: .*$/m, 'knownHosts: known_hosts');
    writeFileSync(second, own, { mode: 0o600 });
    there = configAt(second);
    files = { here: first, there: second };
    office = await openOffice(here);
    for (const name of ['here', 'there'] as const) await start(name);
    // As an installation on two machines is told to do: each has the others' public halves.
    const [one, other] = [workerKeyFolder(here.stateDir), workerKeyFolder(there.stateDir)];
    cpSync(join(here.stateDir, 'public'), join(there.stateDir, 'public'), { recursive: true });
    cpSync(one, other, { recursive: true });
    cpSync(other, one, { recursive: true });
  }, 300_000);

  afterAll(async () => {
    for (const worker of Object.values(workers)) await worker.stop();
    await office?.close();
    await redis?.close();
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is known by both after one approval, also by the one that was down', async () => {
    await site.machine('nebius-1').restartWithNewHostKey();
    await stop('there');
    await trust();
    expect(hosts(here)).toContain('@revoked ');
    expect(hosts(there)).not.toContain('@revoked ');
    await start('there');
    await until('the other worker has taken the key', () => hosts(there).includes('@revoked '));
    expect(added(there)).toEqual(added(here));
    await stop('here');
    expect((await office.look(['nebius-1'])).unknown).toEqual([]);
    await site.machine('nebius-1').restartWithFirstHostKey();
    expect((await office.look(['nebius-1'])).unknown.map(({ reason }) => reason)).toContain('host_key_changed');
  });

  function configAt(configFile: string): Config {
    const loaded = loadConfig({ configFile, env: { REDIS_URL: redis.url } });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.config;
  }

  async function start(name: 'here' | 'there'): Promise<void> {
    workers[name] = await startRoot('worker', files[name], { REDIS_URL: redis.url });
  }

  async function stop(name: 'here' | 'there'): Promise<void> {
    await workers[name]?.stop();
    delete workers[name];
  }

  const hosts = (config: Config): string => readFileSync(config.knownHostsFile, 'utf8');
  const added = (config: Config): string[] =>
    hosts(config)
      .split('\n')
      .filter((line) => line.includes('medic/r-'));

  async function trust(): Promise<void> {
    const { incident, scope } = await office.open(['nebius-1'], 'trust nebius-1');
    const inventory = openInventory(here, quiet).current().digest;
    await office.dispatch.plan({ incident, scope, by: me, inventory, wish: { repair: TRUST, params: {} } });
    const plan = await until('the plan', async () => [...(await office.incident(incident)).plans.values()][0]);
    const request = await office.approve(incident, plan, BOB);
    expect(await office.receipt(incident, request)).toMatchObject({ targets: [{ outcome: 'verified' }] });
  }
});
