import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readRedisAt } from '../../src/config/redis-address.ts';
import { connectRedis, isClusterNode } from '../../src/ledger/connect.ts';
import { createRedisLedger } from '../../src/ledger/redis-ledger.ts';
import { createDispatch, startWorkers } from '../../src/queue/queues.ts';
import { keysHere } from '../support/builders/signing.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { until } from '../support/flow/until.ts';
import { freePort } from '../support/free-port.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const children: ChildProcess[] = [];
const folders: string[] = [];
const connections: Redis[] = [];

afterEach(() => {
  for (const redis of connections.splice(0)) redis.disconnect();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'medic-redis-'));
  folders.push(folder);
  return folder;
}

/** A redis-server of the machine's own with these settings. */
function serve(folder: string, settings: readonly string[], sentinel = false): void {
  const args = ['--dir', folder, '--save', '', '--appendonly', 'no', ...settings];
  const child = spawn('redis-server', sentinel ? [...settings] : args, { cwd: folder, stdio: 'ignore' });
  children.push(child);
}

function connect(url: string, ca?: string): Redis {
  const read = readRedisAt(url);
  if (!read.ok) throw new Error(read.text);
  const redis = connectRedis({ at: read.at, ca }, 'patient', () => undefined);
  connections.push(redis);
  return redis;
}

/** Everything that medic does with Redis: entries, followers, queues with their scripts. */
async function works(url: string, ca?: string): Promise<void> {
  const redis = connect(url, ca);
  await until('Redis answers', async () => (await redis.ping()) === 'PONG');
  const signing = keysHere().signing('bot');
  const ledger = createRedisLedger({
    redis,
    blocking: () => connect(url, ca),
    prefix: 'medic:formed',
    now: () => new Date(),
    signing,
  });
  const incident = 'i-00000001';
  const scope = { models: ['hex8_2p'], nodes: ['vast-1'], checks: ['model-files'] };
  const opened = { kind: 'opened', by: 'cli:alice', text: 'check', scope } as const;
  expect(await ledger.append(incident, opened, { once: 'it' })).toBeDefined();
  expect(await ledger.append(incident, opened, { once: 'it' })).toBeUndefined();
  expect(await ledger.entries(incident)).toHaveLength(1);
  const stop = new AbortController();
  const seen: string[] = [];
  const following = ledger.follow({
    cursor: '0',
    signal: stop.signal,
    onEntry: ({ event }) => void seen.push(event.kind),
  });
  const place = { connection: connect(url, ca), prefix: 'medic:formed:queue' };
  const none = () => Promise.resolve();
  const done: string[] = [];
  const check = async ({ incident: of }: { readonly incident: string }) => void done.push(of);
  const workers = startWorkers(
    place,
    { check, plan: none, execute: none, onSetAside: none, onDead: { plan: none, execute: none } },
    quiet,
    signing,
  );
  const dispatch = createDispatch(place, quiet, signing);
  await dispatch.check({ incident, scope, fresh: false, inventory: 'ab'.repeat(32) });
  await until('the job is done and the entry was followed', () => done.length === 1 && seen.length === 1);
  stop.abort();
  await following;
  await workers.close();
  await dispatch.close();
}

describe.skipIf(!hasTool('redis'))('Redis as installations have it', () => {
  let port: number;
  let folder: string;

  beforeAll(() => {
    execFileSync('openssl', ['version']);
  });

  it('with TLS under an authority of the installation’s own, and nobody else’s', async () => {
    port = await freePort();
    folder = newFolder();
    const ca = certificates(folder);
    serve(folder, ['--port', '0', '--tls-port', String(port), ...tlsSettings(folder)]);
    await works(`rediss://127.0.0.1:${port}`, ca);
    const stranger = connect(`rediss://127.0.0.1:${port}`);
    const error = await new Promise<Error>((resolve) => stranger.once('error', resolve));
    expect(String(error)).toMatch(/self.signed|unable to (?:get|verify)/i);
  });

  it('with a user of its own that may touch nothing but medic’s keys', async () => {
    port = await freePort();
    folder = newFolder();
    const rights = ['on', '>pass@word', '~medic:*', '&*', '+@all', '-@admin', '-@dangerous', '+info'];
    serve(folder, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--user',
      'medic',
      ...rights,
      '--user',
      'default',
      'off',
    ]);
    await works(`redis://medic:pass%40word@127.0.0.1:${port}`);
    const redis = connect(`redis://medic:pass%40word@127.0.0.1:${port}`);
    await expect(redis.set('another', '1')).rejects.toThrow('NOPERM');
  });

  it('behind sentinels, also when the master is another one later', async () => {
    const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
    const folders3 = [newFolder(), newFolder(), newFolder()];
    const settings = (own: number): string[] => ['--port', String(own), '--bind', '127.0.0.1'];
    serve(folders3[0] ?? '', settings(master));
    const first = children.at(-1);
    serve(folders3[1] ?? '', [...settings(replica), '--replicaof', `127.0.0.1 ${master}`]);
    const config = join(folders3[2] ?? '', 'sentinel.conf');
    const lines = [
      `port ${sentinel}`,
      'bind 127.0.0.1',
      `sentinel monitor mymaster 127.0.0.1 ${master} 1`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 5000',
    ];
    execFileSync('sh', ['-c', 'printf "%s\\n" "$@" > "$0"', config, ...lines]);
    serve(folders3[2] ?? '', [config, '--sentinel'], true);
    const url = `redis+sentinel://127.0.0.1:${sentinel}/mymaster`;
    await works(url);
    const redis = connect(url);
    const watch = connect(`redis://127.0.0.1:${replica}`);
    await until('the replica follows', async () => /master_link_status:up/.test(await watch.info('replication')));
    await redis.set('medic:kept', 'yes');
    await until('the replica has it', async () => (await watch.get('medic:kept')) === 'yes');
    // A sentinel that has not heard of the replica yet has nobody to promote.
    const asked = connect(`redis://127.0.0.1:${sentinel}`);
    await until('the sentinel knows the replica', async () =>
      JSON.stringify(await asked.call('SENTINEL', 'replicas', 'mymaster')).includes(String(replica)),
    );
    first?.kill('SIGKILL');
    await until('the replica is the master', async () => /role:master/.test(await watch.info('replication')));
    expect(await redis.get('medic:kept')).toBe('yes');
    await redis.set('medic:after', 'yes');
    expect(await watch.get('medic:after')).toBe('yes');
  });

  it('as a Redis Cluster is recognised, so that it can be refused', async () => {
    port = await freePort();
    serve(newFolder(), [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(await freePort()),
    ]);
    const redis = connect(`redis://127.0.0.1:${port}`);
    await until('it answers', async () => (await redis.ping()) === 'PONG');
    expect(await isClusterNode(redis)).toBe(true);
  });
});

function tlsSettings(folder: string): string[] {
  const file = (name: string): string => join(folder, name);
  return [
    '--bind',
    '127.0.0.1',
    '--tls-cert-file',
    file('server.pem'),
    '--tls-key-file',
    file('server.key'),
    '--tls-ca-cert-file',
    file('ca.pem'),
    '--tls-auth-clients',
    'no',
  ];
}

/** An authority, and a server's certificate by it; gives the authority's PEM. */
function certificates(folder: string): string {
  const run = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=medic test authority');
  run(
    'req',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=redis',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  );
  run(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-copy_extensions',
    'copyall',
  );
  return readFileSync(join(folder, 'ca.pem'), 'utf8');
}
