import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/contract/sessions.ts';
import type { Shipment } from '../../src/contract/transport.ts';
import type { Node } from '../../src/domain/node.ts';
import { parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { createSessions } from '../../src/ssh/sessions.ts';
import { createHttpTransport } from '../../src/transports/http.ts';
import { createRsyncTransport } from '../../src/transports/rsync.ts';
import { createStreamTransport } from '../../src/transports/stream.ts';
import { type TransportWorld, transportConformance } from '../conformance/transports.ts';
import { nodeForTests, poll } from '../ssh/node-for-tests.ts';
import { type OpenSshFleet, startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { aNode } from '../support/nodes.ts';
import { startModelServer, TOKEN } from './model-server.ts';

const canRun = hasTool('sshd');

/** `own`: rsync from a coordinator that is not this machine, with a key of its own. */
async function startWorld(kind: 'stream' | 'rsync' | 'own' | 'http') {
  const agent = kind === 'own' ? await startAgent() : undefined;
  const fleet = await startOpenSshFleet({
    nodes: [
      { name: 'mac-studio', models: false, ...(agent === undefined ? {} : { config: [agent.line] }) },
      { name: 'vast-1', models: false },
    ],
  });
  const text = readFileSync(fleet.knownHostsPath, 'utf8');
  const hosts = parseKnownHosts(text, fleet.knownHostsPath);
  if (!('entries' in hosts)) throw new Error('known_hosts of the fleet is broken');
  const nodes = fleet.nodes.map((node) => {
    mkdirSync(node.modelsDir, { recursive: true });
    const local = kind === 'rsync' && node.name === 'mac-studio';
    return nodeForTests({
      name: node.name,
      addresses: [node.address],
      user: userInfo().username,
      keyFile: fleet.keyPath,
      modelsDir: node.modelsDir,
      local,
    });
  });
  const nodeByName = (name: string): Node | undefined => nodes.find((node) => node.name === name);
  const sessions = createSessions({ knownHosts: hosts.entries, nodeByName });
  const [source, target] = nodes;
  if (source === undefined || target === undefined) throw new Error('the fleet has too few nodes');
  const rsync = createRsyncTransport({ sessions, knownHosts: () => text, nodeByName });
  const server = await startModelServer(source.modelsDir ?? '');
  const http = createHttpTransport({ sessions, source: () => ({ url: server.url, token: TOKEN, node: source.name }) });
  const world: TransportWorld = {
    transport: { stream: createStreamTransport({ sessions }), rsync, own: rsync, http }[kind],
    source,
    target,
    sourceFolder: source.modelsDir ?? '',
    targetFolder: target.modelsDir ?? '',
    cutBy: ({ stream: 'bytes', rsync: 'time', own: 'time', http: 'source' } as const)[kind],
    ...(kind === 'http' ? { breakOffAfter: server.breakOffAfter } : {}),
    sendMs: 450,
    async close() {
      await server.close();
      await sessions.close();
      await fleet.close();
      await agent?.stop();
    },
  };
  agent?.add(fleet.keyPath);
  return { ...world, fleet, rsync, sessions, server };
}

/** The key of one node alone: an agent that only its sessions are told of. */
async function startAgent() {
  const folder = mkdtempSync(join(tmpdir(), 'medic-agent-'));
  const socket = join(folder, 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  await poll(
    () => Promise.resolve(existsSync(socket)),
    (there) => there,
  );
  return {
    line: `ForceCommand SSH_AUTH_SOCK=${socket} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"`,
    add: (key: string) =>
      execFileSync('ssh-add', [key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' }),
    async stop() {
      const ended = new Promise((resolve) => agent.once('exit', resolve));
      agent.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe.skipIf(!canRun)('between real SSH servers', () => {
  transportConformance('stream', () => startWorld('stream'));
  transportConformance('rsync from the worker machine', () => startWorld('rsync'));
  transportConformance('rsync from a coordinator with a key of its own', () => startWorld('own'));
  transportConformance('http, pulled by the node', () => startWorld('http'));
});

it('curl is told how fast it may pull', async () => {
  const said: string[] = [];
  const sessions: Sessions = {
    async run(_, { stdin }) {
      if (stdin instanceof Uint8Array) said.push(new TextDecoder().decode(stdin));
      return { kind: 'unknown', reason: 'lost', detail: 'nobody is there' };
    },
    warm: async () => ({ ok: true }),
    close: async () => {},
  };
  const source = () => ({ url: 'http://hub.example/{file}', token: undefined, node: 'hub' });
  const node = aNode('hub');
  const over = { source: node, target: node, sourceFolder: '/m', targetFolder: '/m', targetFolderId: 'any' };
  const transport = createHttpTransport({ sessions, source });
  const rest = {
    file: 'm.pth',
    sourcePath: 'm.pth',
    digest: '0'.repeat(64),
    bytes: 3,
    temporary: `.medic-${'b'.repeat(32)}`,
  };
  const signal = new AbortController().signal;
  for (const bytesPerSecond of [undefined, 2_500_000])
    await transport.send({ ...over, ...rest, bytesPerSecond, signal, onProgress: () => undefined });
  expect(said).toEqual([
    'url = "http://hub.example/m.pth"\n',
    'url = "http://hub.example/m.pth"\nlimit-rate = 2500000\n',
  ]);
});

function shipmentIn(world: TransportWorld, over: Partial<Shipment> = {}): Shipment {
  const { dev, ino } = statSync(world.targetFolder);
  const { source, target, sourceFolder, targetFolder } = world;
  const rest = {
    file: 'm.pth',
    sourcePath: 'm.pth',
    bytesPerSecond: undefined,
    digest: '0'.repeat(64),
    bytes: 3,
    temporary: `.medic-${'b'.repeat(32)}`,
    signal: new AbortController().signal,
  };
  return {
    source,
    target,
    sourceFolder,
    targetFolder,
    targetFolderId: `${dev}:${ino}`,
    onProgress: () => undefined,
    ...rest,
    ...over,
  };
}

describe.skipIf(!canRun)('what rsync is not used for', () => {
  let world: Awaited<ReturnType<typeof startWorld>> & { fleet: OpenSshFleet };
  beforeAll(async () => {
    world = await startWorld('rsync');
  });
  afterAll(() => world.close());

  it('a source that does not reach the target with a key of its own', async () => {
    const source = { ...world.source, local: false };
    const foreign = createRsyncTransport({
      sessions: { ...world.sessions, run: (_, run) => world.sessions.run(world.source, run) },
      knownHosts: () => readFileSync(world.fleet.knownHostsPath, 'utf8'),
      nodeByName: () => undefined,
    });
    expect(await foreign.unusable(shipmentIn(world, { source }))).toBe(
      'mac-studio does not reach vast-1 by ssh with a key of its own',
    );
    const target = { ...world.target, proxy: 'mac-studio' };
    expect(await foreign.unusable(shipmentIn(world, { source, target }))).toBe(
      'vast-1 is behind a jump host that only the worker can use',
    );
  });

  it('a target whose host key is not the known one', async () => {
    const strict = createRsyncTransport({
      sessions: world.sessions,
      knownHosts: () => '',
      nodeByName: () => undefined,
    });
    expect(await strict.unusable(shipmentIn(world))).toBe('mac-studio does not reach vast-1 by ssh');
  });

  it('names that would be syntax in an ssh configuration', async () => {
    for (const host of ['x\nProxyCommand touch hacked', '-oProxyCommand=id', 'a b', '%h']) {
      const target = { ...world.target, addresses: [{ host, port: 22 }] };
      const result = await world.rsync.send(shipmentIn(world, { target }));
      expect(result).toMatchObject({
        kind: 'failed',
        detail: expect.stringMatching(/cannot be written into an ssh configuration/),
      });
    }
  });

  it('leaves no key, host keys or configuration behind', async () => {
    writeFileSync(join(world.sourceFolder, 'm.pth'), 'abc');
    // A folder of its own, since whatever else runs here has its own things in the usual one.
    const own = mkdtempSync(join(tmpdir(), 'medic-own-'));
    const sessions: Sessions = {
      ...world.sessions,
      run: (node, run) => world.sessions.run(node, { ...run, script: `TMPDIR=${own}\n${run.script}` }),
    };
    const knownHosts = (): string => readFileSync(world.fleet.knownHostsPath, 'utf8');
    const rsync = createRsyncTransport({ sessions, knownHosts, nodeByName: () => undefined });
    expect(await rsync.unusable(shipmentIn(world))).toBeUndefined();
    expect(await rsync.send(shipmentIn(world))).toMatchObject({ kind: 'arrived' });
    expect(readdirSync(own)).toEqual([]);
    rmSync(own, { recursive: true });
  });

  it('goes through a jump host when the worker does', async () => {
    writeFileSync(join(world.sourceFolder, 'm.pth'), 'abc');
    const jump = createRsyncTransport({
      sessions: world.sessions,
      knownHosts: () => readFileSync(world.fleet.knownHostsPath, 'utf8'),
      nodeByName: () => ({ ...world.source, local: false }),
    });
    const shipment = shipmentIn(world, {
      target: { ...world.target, proxy: 'mac-studio' },
      temporary: `.medic-${'c'.repeat(32)}`,
    });
    expect(await jump.unusable(shipment)).toBeUndefined();
    expect(await jump.send(shipment)).toMatchObject({ kind: 'arrived' });
  });
});

describe.skipIf(!canRun)('pulling over http', () => {
  let world: Awaited<ReturnType<typeof startWorld>>;
  beforeAll(async () => {
    world = await startWorld('http');
    writeFileSync(join(world.sourceFolder, 'm.pth'), 'abc');
  });
  afterAll(() => world.close());

  it('shows address and token to nobody who lists processes, and sends the token to the source', async () => {
    world.server.hold();
    const sending = world.transport.send(shipmentIn(world));
    const lines = await poll(
      async () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n'),
      (all) => all.some((line) => line.startsWith('curl ')),
    );
    world.server.release();
    expect(await sending).toMatchObject({ kind: 'arrived', bytesSent: 3 });
    expect(lines.join('\n')).not.toContain(TOKEN);
    expect(lines.join('\n')).not.toContain(world.server.url.replace('/{file}', ''));
    expect(world.server.refused).toBe(0);
  });

  it('follows no redirect, and takes nothing from a source that refuses it', async () => {
    const to = (url: string, token: string) =>
      createHttpTransport({ sessions: world.sessions, source: () => ({ url, token, node: world.source.name }) });
    const temporary = `.medic-${'d'.repeat(32)}`;
    const moved = to(world.server.url.replace('{file}', 'moved/{file}'), TOKEN);
    expect(await moved.send(shipmentIn(world, { temporary }))).toMatchObject({ kind: 'failed' });
    const stranger = to(world.server.url, 'another-token');
    expect(await stranger.send(shipmentIn(world, { temporary }))).toMatchObject({ kind: 'failed', resumable: false });
    expect(statSync(join(world.targetFolder, temporary)).size).toBe(0);
  });

  it('is not used without an address, for another source, or without curl', async () => {
    const none = createHttpTransport({ sessions: world.sessions, source: () => undefined });
    expect(await none.unusable(shipmentIn(world))).toContain('transports.http');
    const source = { ...world.source, name: 'vast-9' };
    expect(await world.transport.unusable(shipmentIn(world, { source }))).toContain('not vast-9');
  });
});

describe.skipIf(!canRun || process.getuid?.() !== 0)('a full disk', () => {
  it.each(['stream', 'rsync', 'http'] as const)('is a clear failure by %s', async (kind) => {
    const world = await startWorld(kind);
    const bytes = 3_000_000;
    writeFileSync(join(world.sourceFolder, 'm.pth'), Buffer.alloc(bytes, 'x'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', world.targetFolder]);
    try {
      const result = await world.transport.send(shipmentIn(world, { bytes }));
      expect(result).toMatchObject({ kind: 'failed', reason: 'no_space', resumable: false });
    } finally {
      // The other end of a broken rsync takes a moment to go.
      await poll(
        async () => spawnSync('umount', [world.targetFolder]).status,
        (status) => status === 0,
      );
      rmSync(join(world.sourceFolder, 'm.pth'));
      await world.close();
    }
  });
});
