import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DemoFleet, startDemoFleet } from '../../../src/demo/fleet/demo-fleet.ts';
import { plantFaults } from '../../../src/demo/fleet/plant-faults.ts';
import { connect, openCommand, runOverSsh } from '../../support/fleet/run-over-ssh.ts';

describe('demo fleet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-demo-'));
  let fleet: DemoFleet;
  const enter = (name: string, user = name.startsWith('nebius') ? 'ubuntu' : 'root') =>
    connect({ address: fleet.node(name).address, user, keyPath: fleet.keyPath });

  beforeAll(async () => {
    fleet = await startDemoFleet({ folder });
  });

  afterAll(async () => {
    await fleet.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is a coordinator and eight nodes whose addresses, users and host keys the inventory and known_hosts tell', async () => {
    const { hosts } = parse(readFileSync(fleet.inventoryPath, 'utf8'));
    expect(Object.keys(hosts)).toEqual(fleet.nodes.map(({ name }) => name));
    expect(Object.keys(hosts)).toHaveLength(9);
    expect(hosts['mac-studio'].role).toBe('coordinator');
    const known = readFileSync(fleet.knownHostsPath, 'utf8');
    for (const node of fleet.nodes) {
      const { ssh_host: host, ssh_port: port, ssh_user: user, ssh_key: keyPath } = hosts[node.name];
      let seen = '';
      const onHostKey = (blob: string): void => {
        seen = blob;
      };
      const client = await connect({ address: { host, port }, user, keyPath, onHostKey });
      const result = await runOverSsh(client, 'cd ~/ringrift/ai-service/models && pwd -P');
      client.end();
      expect(result.stdout.toString()).toBe(`${node.modelsDir}\n`);
      expect(known).toContain(`[${host}]:${port} ssh-ed25519 ${seen}\n`);
    }
    expect(statSync(fleet.keyPath).mode & 0o777).toBe(0o600);
  });

  it('runs real commands: both streams, input, exit code and signal come through', async () => {
    const client = await enter('vast-1');
    const ended = await runOverSsh(client, 'cat; echo problem >&2; exit 7', 'in and out');
    expect(ended).toMatchObject({ code: 7, stdout: Buffer.from('in and out'), stderr: 'problem\n' });
    expect(await runOverSsh(client, 'kill -TERM $$')).toMatchObject({ code: undefined, signal: 'SIGTERM' });
    client.end();
  });

  it('carries megabytes both ways unharmed', async () => {
    const client = await enter('vast-2');
    const model = readFileSync(join(fleet.node('vast-2').modelsDir, 'canonical_hex8_2p.pth'));
    const bytes = Buffer.concat(Array.from({ length: 6 }, () => model));
    const { stdout } = await runOverSsh(client, 'cat', bytes);
    expect(stdout.equals(bytes)).toBe(true);
    client.end();
  });

  it('lets in only the cluster key as the right user, and ten sessions a connection', async () => {
    await expect(enter('vast-1', 'somebody')).rejects.toThrow('authentication');
    const client = await enter('vast-1');
    const channels = await Promise.all(Array.from({ length: 10 }, () => openCommand(client, 'cat')));
    await expect(openCommand(client, 'true')).rejects.toThrow('Channel open failure');
    for (const channel of channels) channel.end();
    await Promise.all(channels.map((channel) => new Promise((resolve) => channel.resume().on('close', resolve))));
    expect(await runOverSsh(client, 'true')).toMatchObject({ code: 0 });
    client.end();
  });

  it('kills a command with its children when the connection ends, and passes signals on', async () => {
    const client = await enter('vast-3');
    const file = join(fleet.node('vast-3').folder, 'home', 'pid');
    await openCommand(client, 'sleep 300 & echo $! > "$HOME/pid.new"; mv "$HOME/pid.new" "$HOME/pid"; wait');
    await expect.poll(() => existsSync(file)).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    client.destroy();
    await expect.poll(() => isRunning(pid)).toBe(false);
    const again = await enter('vast-3');
    const channel = await openCommand(again, 'trap "exit 42" USR1; echo ready; while :; do sleep 0.05; done');
    const code = new Promise((resolve) => channel.on('close', resolve));
    channel.once('data', () => channel.signal('USR1'));
    expect(await code).toBe(42);
    again.end();
  });

  it('freezes and thaws: nothing answers, then everything goes on', async () => {
    const node = fleet.node('nebius-h100-1');
    const client = await enter('nebius-h100-1');
    node.freeze();
    let answered = false;
    const late = runOverSsh(client, 'echo here').then((result) => {
      answered = true;
      return result;
    });
    let greeted = false;
    const raw = createConnection(node.address);
    raw.on('data', () => {
      greeted = true;
    });
    await expect.poll(() => node.connections()).toBe(2);
    // An answer would need a few milliseconds; the time is given to another node's whole handshake.
    (await enter('nebius-h100-2')).end();
    expect([answered, greeted]).toEqual([false, false]);
    node.thaw();
    expect((await late).stdout.toString()).toBe('here\n');
    await expect.poll(() => greeted).toBe(true);
    raw.destroy();
    client.end();
    await expect.poll(() => node.connections()).toBe(0);
  });

  it('holds whole checkpoints with their own digests, sizes and metadata, and right aliases', () => {
    for (const node of fleet.nodes) {
      for (const [config, { digest, bytes }] of fleet.checkpoints) {
        const path = join(node.modelsDir, `ringrift_best_${config}.pth`);
        expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(digest);
        expect(bytes.length).toBeGreaterThan(1_000_000);
      }
    }
    expect(new Set([...fleet.checkpoints.values()].map(({ digest }) => digest)).size).toBe(3);
  });

  it('plants each of the runbook faults where it says, and refuses connections on the node that is gone', async () => {
    const before = statSync(join(fleet.node('runpod-a100-2').modelsDir, 'canonical_hex8_2p.pth'));
    const planted = await plantFaults(fleet.nodes);
    expect(planted.map(({ node, code, subject }) => [node, code, subject ?? ''].join(' '))).toEqual([
      'vast-1 alias_missing ringrift_best_hex8_2p.pth',
      'vast-2 alias_missing ringrift_best_hex8_2p.pth',
      'nebius-h100-1 alias_wrong_target ringrift_best_hex8_2p.pth',
      'nebius-h100-2 alias_dangling ringrift_best_square8_2p.pth',
      'runpod-a100-1 alias_not_a_link ringrift_best_hex8_4p.pth',
      'runpod-a100-2 digest_mismatch canonical_hex8_2p.pth',
      'vast-3 model_truncated canonical_square8_2p.pth',
      'runpod-a100-3 refused ',
    ]);
    const list = (name: string): string => execFileSync('ls', ['-l', fleet.node(name).modelsDir], { encoding: 'utf8' });
    expect(readdirSync(fleet.node('vast-1').modelsDir)).not.toContain('ringrift_best_hex8_2p.pth');
    expect(list('nebius-h100-1')).toContain('ringrift_best_hex8_2p.pth -> canonical_hex8_4p.pth');
    expect(list('nebius-h100-2')).toContain('ringrift_best_square8_2p.pth -> canonical_square8_2p_v2.pth');
    expect(list('runpod-a100-1')).toMatch(/^-.*ringrift_best_hex8_4p\.pth$/m);
    const after = statSync(join(fleet.node('runpod-a100-2').modelsDir, 'canonical_hex8_2p.pth'));
    expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs]);
    await expect(enter('runpod-a100-3')).rejects.toThrow('ECONNREFUSED');
    await fleet.node('runpod-a100-3').start();
    (await enter('runpod-a100-3')).end();
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that its new parent has not reaped yet is dead.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
