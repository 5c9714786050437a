import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/contract/sessions.ts';
import { startDemoFleet } from '../../src/demo/fleet/demo-fleet.ts';
import { createSshKey } from '../../src/demo/fleet/ssh-key.ts';
import type { Node } from '../../src/domain/node.ts';
import { type KnownHost, parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { createSshSessions, type SshSessionsOptions } from '../../src/ssh/ssh-sessions.ts';
import { sessionsConformance } from '../conformance/sessions.ts';
import { type OpenSshFleet, startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { entriesOf, fleetNode } from './keys-for-tests.ts';
import { poll, processesWith, scriptRun, textOf, uniqueSeconds } from './node-for-tests.ts';

sessionsConformance('the demo fleet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'medic-demo-'));
  const fleet = await startDemoFleet({ folder });
  const sessions = createSshSessions({
    knownHosts: await entriesOf(fleet.knownHostsPath),
    nodeByName: () => undefined,
  });
  const { address } = fleet.node('vast-1');
  return {
    sessions,
    node: fleetNode({ name: 'vast-1', address, user: 'root', keyPath: fleet.keyPath }),
    async close() {
      await sessions.close();
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describe.skipIf(!hasTool('sshd'))('over OpenSSH', () => {
  sessionsConformance('OpenSSH', async () => {
    const fleet = await startOpenSshFleet({ nodes: [{ name: 'n1', models: false }] });
    const sessions = createSshSessions({
      knownHosts: await entriesOf(fleet.knownHostsPath),
      nodeByName: () => undefined,
    });
    return {
      sessions,
      node: nodeOf(fleet, 'n1'),
      async close() {
        await sessions.close();
        await fleet.close();
      },
    };
  });

  describe('what servers and networks do', () => {
    const names = ['plain', 'restarts', 'freezes', 'reinstalled', 'jump', 'behind', 'narrow', 'single'];
    const config: Readonly<Record<string, string>> = { narrow: 'MaxSessions 3', single: 'MaxSessions 1' };
    let fleet: OpenSshFleet;
    let known: readonly KnownHost[];
    const opened: Sessions[] = [];
    beforeAll(async () => {
      fleet = await startOpenSshFleet({
        nodes: names.map((name) => ({ name, models: false, config: config[name] === undefined ? [] : [config[name]] })),
      });
      known = await entriesOf(fleet.knownHostsPath);
    });
    afterAll(async () => {
      await Promise.all(opened.map((sessions) => sessions.close()));
      await fleet.close();
    });
    const open = (options: Partial<SshSessionsOptions> = {}): Sessions => {
      const sessions = createSshSessions({ knownHosts: known, nodeByName: () => undefined, ...options });
      opened.push(sessions);
      return sessions;
    };
    const echo = scriptRun('echo "$1"', { args: ['hello'] });
    const tellsNothing = (result: object, node: Node): void => {
      const text = JSON.stringify(result);
      for (const secret of [node.user, node.keyFile ?? 'id_cluster', ...node.addresses.map(({ host }) => host)]) {
        expect(text).not.toContain(secret);
      }
    };

    it.each([
      ['an unknown', '', 'host_key_unknown'],
      ['a changed', createSshKey().publicLine, 'host_key_changed'],
    ])('refuses %s host key, naming fingerprints only', async (_, line, reason) => {
      const node = nodeOf(fleet, 'plain');
      const [address] = node.addresses;
      const text = line === '' ? '' : `[${address?.host}]:${address?.port} ${line}\n`;
      const result = await open({ knownHosts: entries(text) }).run(node, echo);
      expect(result).toMatchObject({ kind: 'unknown', reason, detail: expect.stringContaining('SHA256:') });
      tellsNothing(result, node);
    });

    it('refuses a revoked host key, and reads known_hosts anew', async () => {
      const node = nodeOf(fleet, 'plain');
      const entry = known.find(({ matches }) => matches(`[${node.addresses[0]?.host}]:${node.addresses[0]?.port}`));
      if (entry === undefined) throw new Error('no entry');
      let current = [...known, { ...entry, revoked: true }];
      const sessions = open({ knownHosts: () => current });
      expect(await sessions.run(node, echo)).toMatchObject({
        reason: 'host_key_changed',
        detail: expect.stringContaining('revoked'),
      });
      current = [...known];
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
    });

    it('asks for the type of host key that known_hosts has', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'medic-rsa-'));
      const path = join(folder, 'rsa');
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path]);
      const both = await startOpenSshFleet({ nodes: [{ name: 'both', models: false, config: [`HostKey ${path}`] }] });
      const node = nodeOf(both, 'both');
      const { host, port } = both.node('both').address;
      const rsa = entries(`[${host}]:${port} ${await readFile(`${path}.pub`, 'utf8')}`);
      for (const knownHosts of [rsa, await entriesOf(both.knownHostsPath)]) {
        expect(textOf(await open({ knownHosts }).run(node, echo))).toBe('hello\n');
      }
      await both.close();
      await rm(folder, { recursive: true });
    });

    it('refuses a reinstalled node', async () => {
      const sessions = open();
      const node = nodeOf(fleet, 'reinstalled');
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
      await fleet.node('reinstalled').restartWithNewHostKey();
      const result = await poll(
        () => sessions.run(node, echo),
        (answer) => answer.kind === 'unknown' && answer.reason !== 'lost',
      );
      expect(result).toMatchObject({ kind: 'unknown', reason: 'host_key_changed' });
    });

    it('says auth for a key that is not accepted, absent, no key, or locked', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'medic-keys-'));
      const files = { wrong: createSshKey().privateText, garbage: 'no key', public: createSshKey().publicLine };
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const details = new Set<string>();
      for (const name of [...Object.keys(files), 'absent']) {
        const node = { ...nodeOf(fleet, 'plain'), keyFile: join(folder, name) };
        const result = await open().run(node, echo);
        expect(result).toMatchObject({ kind: 'unknown', reason: 'auth' });
        tellsNothing(result, node);
        expect(JSON.stringify(result)).not.toContain(folder);
        if (result.kind === 'unknown') details.add(result.detail);
      }
      expect(details.size).toBeGreaterThanOrEqual(3);
      await rm(folder, { recursive: true });
    });

    it('expands ~/ in the path of a key', async () => {
      const node = { ...nodeOf(fleet, 'plain'), keyFile: '~/keys/id_cluster' };
      expect(textOf(await open({ home: fleet.folder }).run(node, echo))).toBe('hello\n');
    });

    it('says refused and dns, without the address', async () => {
      const closed = { ...nodeOf(fleet, 'plain'), addresses: [{ host: '127.0.0.1', port: await closedPort() }] };
      expect(await open().run(closed, echo)).toMatchObject({ reason: 'refused' });
      expect(await open().warm(closed)).toMatchObject({ ok: false, reason: 'refused' });
      const nameless = { ...closed, addresses: [{ host: 'no-such-host.invalid', port: 22 }] };
      const result = await open().run(nameless, echo);
      expect(result).toMatchObject({ reason: 'dns' });
      tellsNothing(result, nameless);
    });

    it('takes the second address after refused, and not after a host key', async () => {
      const good = nodeOf(fleet, 'plain').addresses[0];
      const other = nodeOf(fleet, 'jump').addresses[0];
      if (good === undefined || other === undefined) throw new Error('no address');
      const addresses = [{ host: '127.0.0.1', port: await closedPort() }, good];
      expect(textOf(await open().run({ ...nodeOf(fleet, 'plain'), addresses }, echo))).toBe('hello\n');
      const untrusted = known.filter(({ matches }) => !matches(`[${other.host}]:${other.port}`));
      const second = { ...nodeOf(fleet, 'plain'), addresses: [other, good] };
      expect(await open({ knownHosts: untrusted }).run(second, echo)).toMatchObject({ reason: 'host_key_unknown' });
    });

    it('gives up on a server that accepts and says nothing', async () => {
      const silent = createServer((socket) => socket.on('error', () => undefined).resume());
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = silent.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const node = { ...nodeOf(fleet, 'plain'), addresses: [{ host: '127.0.0.1', port: address.port }] };
      const sessions = open({ limits: { connectTimeoutMs: 300 } });
      expect(await sessions.run(node, echo)).toMatchObject({ reason: 'timeout' });
      expect(await sessions.run(node, { ...echo, signal: AbortSignal.timeout(50) })).toMatchObject({
        reason: 'cancelled',
      });
      await new Promise((resolve) => silent.close(resolve));
    });

    it('says lost when the server ends in the middle, and comes back with it', async () => {
      const sessions = open();
      const node = nodeOf(fleet, 'restarts');
      const seconds = uniqueSeconds();
      const running = [
        sessions.run(node, scriptRun('sleep "$1"', { args: [seconds] })),
        sessions.run(node, scriptRun('sleep "$1"', { args: [seconds], onStdout: () => undefined })),
      ];
      expect(
        await poll(
          () => processesWith(`sleep ${seconds}`),
          (count) => count === 2,
        ),
      ).toBe(2);
      await fleet.node('restarts').stop();
      for (const result of await Promise.all(running))
        expect(result).toMatchObject({ kind: 'unknown', reason: 'lost' });
      expect(await sessions.run(node, echo)).toMatchObject({ reason: 'refused' });
      await fleet.node('restarts').start();
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
    });

    it('ends in time when a warm node freezes, and works again when it thaws', async () => {
      const sessions = open({ limits: { graceMs: 200, connectTimeoutMs: 3_000 } });
      const node = nodeOf(fleet, 'freezes');
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
      await fleet.node('freezes').freeze();
      const fields = [{}, { onStdout: () => undefined }, { stdin: Buffer.alloc(10_000_000) }];
      const results = await Promise.all(fields.map((more) => sessions.run(node, { ...echo, ...more, timeoutMs: 400 })));
      for (const result of results) expect(result).toMatchObject({ kind: 'unknown' });
      expect(await sessions.run(node, { ...echo, timeoutMs: 400 })).toMatchObject({ reason: 'timeout' });
      await fleet.node('freezes').thaw();
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
    });

    it('notices a frozen node by keepalive, long before the script is due', async () => {
      const sessions = open({ limits: { keepaliveMs: 500 } });
      const node = nodeOf(fleet, 'freezes');
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
      const running = sessions.run(node, scriptRun('sleep 30', { timeoutMs: 60_000 }));
      await fleet.node('freezes').freeze();
      expect(await running).toMatchObject({ kind: 'unknown', reason: 'lost' });
      await fleet.node('freezes').thaw();
    });

    it('reaches a node through its jump host, and only so', async () => {
      const jump = nodeOf(fleet, 'jump');
      const node = { ...nodeOf(fleet, 'behind'), proxy: 'jump' };
      const sessions = open({ nodeByName: (name) => (name === 'jump' ? jump : undefined) });
      expect(textOf(await sessions.run(node, scriptRun('echo "${SSH_CLIENT%% *}"')))).toBe('127.0.0.1\n');
      const seconds = uniqueSeconds();
      const running = sessions.run(node, scriptRun('sleep "$1" & wait', { args: [seconds] }));
      expect(
        await poll(
          () => processesWith(`sleep ${seconds}`),
          (count) => count === 1,
        ),
      ).toBe(1);
      await fleet.node('jump').stop();
      expect(await running).toMatchObject({ reason: 'lost' });
      expect(
        await poll(
          () => processesWith(`sleep ${seconds}`),
          (count) => count === 0,
        ),
      ).toBe(0);
      expect(await sessions.run(node, echo)).toMatchObject({
        reason: 'refused',
        detail: expect.stringContaining('jump host jump'),
      });
      await fleet.node('jump').start();
      expect(textOf(await sessions.run(node, echo))).toBe('hello\n');
    });

    it('says what is wrong with a jump host', async () => {
      const node = { ...nodeOf(fleet, 'behind'), proxy: 'jump' };
      expect(await open().run(node, echo)).toMatchObject({
        reason: 'refused',
        detail: expect.stringContaining('inventory'),
      });
      const circle = { ...node, proxy: 'behind' };
      expect(await open({ nodeByName: () => circle }).run(circle, echo)).toMatchObject({ kind: 'unknown' });
      const jump = nodeOf(fleet, 'jump');
      const away = { ...node, addresses: [{ host: '127.0.0.1', port: await closedPort() }] };
      expect(await open({ nodeByName: () => jump }).run(away, echo)).toMatchObject({
        reason: 'refused',
        detail: 'the jump host could not reach the node',
      });
    });

    it.each(['narrow', 'single'])('makes do with a server that allows few channels (%s)', async (name) => {
      const sessions = open();
      const runs = Array.from({ length: 12 }, (_, number) =>
        sessions.run(nodeOf(fleet, name), scriptRun('sleep 0.05; echo "$1"', { args: [String(number)] })),
      );
      expect((await Promise.all(runs)).map(textOf)).toEqual(runs.map((_, number) => `${number}\n`));
    });

    it('says so when a server has no channel left for a stream', async () => {
      const result = await open().run(nodeOf(fleet, 'single'), { ...echo, stdin: Buffer.from('x') });
      expect(result).toMatchObject({ kind: 'unknown', reason: 'channel_refused' });
    });

    it('opens many connections to one host without being dropped for it', async () => {
      const sessions = open();
      const plain = nodeOf(fleet, 'plain');
      const nodes = Array.from({ length: 40 }, (_, number) => ({ ...plain, name: `alias-${number}` }));
      const results = await Promise.all(nodes.map((node) => sessions.run(node, echo)));
      expect(new Set(results.map(textOf))).toEqual(new Set(['hello\n']));
    });

    it('closes a connection that nobody uses', async () => {
      const sessions = open({ limits: { idleMs: 50 } });
      const pidOf = async (): Promise<string> =>
        textOf(await sessions.run(nodeOf(fleet, 'plain'), scriptRun('echo $PPID')));
      const first = await pidOf();
      expect(first).toBe(await pidOf());
      expect(await poll(pidOfLater(pidOf), (pid) => pid !== first)).not.toBe(first);
    });

    it.each([false, true])('a killed worker leaves nothing on the node (stream: %s)', async (stream) => {
      const seconds = uniqueSeconds();
      const node = nodeOf(fleet, 'plain');
      const script = 'trap "" TERM HUP; sleep "$1" & ( sleep "$1" & wait ) & wait';
      const what = { node, knownHostsPath: fleet.knownHostsPath, script, args: [seconds], stream };
      const program = fileURLToPath(new URL('./one-run.ts', import.meta.url));
      const worker = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(what)], { stdio: 'inherit' });
      const ended = once(worker, 'exit');
      expect(
        await poll(
          () => processesWith(`sleep ${seconds}`),
          (count) => count === 2,
          15_000,
        ),
      ).toBe(2);
      worker.kill('SIGKILL');
      await ended;
      expect(
        await poll(
          () => processesWith(`sleep ${seconds}`),
          (count) => count === 0,
        ),
      ).toBe(0);
    });
  });
});

function nodeOf(fleet: OpenSshFleet, name: string): Node {
  return fleetNode({ name, address: fleet.node(name).address, user: userInfo().username, keyPath: fleet.keyPath });
}

function entries(text: string): readonly KnownHost[] {
  const parsed = parseKnownHosts(text, 'known_hosts');
  if (!parsed.ok) throw new Error('faults');
  return parsed.entries;
}

function pidOfLater(pidOf: () => Promise<string>): () => Promise<string> {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return pidOf();
  };
}

async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
