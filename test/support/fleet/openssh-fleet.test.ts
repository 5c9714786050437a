import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenSshFleet, startOpenSshFleet } from './openssh-fleet.ts';
import { connect, openCommand, runOverSsh } from './run-over-ssh.ts';
import { hasTool } from './tools.ts';

describe.skipIf(!hasTool('sshd'))('openssh fleet', () => {
  let fleet: OpenSshFleet;
  const enter = async (name: string) => {
    let hostKey = '';
    const onHostKey = (blob: string): void => {
      hostKey = blob;
    };
    const { address } = fleet.node(name);
    const client = await connect({ address, user: userInfo().username, keyPath: fleet.keyPath, onHostKey });
    return { client, hostKey };
  };

  beforeAll(async () => {
    fleet = await startOpenSshFleet({ nodes: [{ name: 'n1' }, { name: 'n2', models: false }] });
  });

  afterAll(async () => {
    await fleet.close();
    expect(existsSync(fleet.folder)).toBe(false);
  });

  it('gives each node its own home, and the models their aliases', async () => {
    for (const node of fleet.nodes) {
      const { client, hostKey } = await enter(node.name);
      const { stdout } = await runOverSsh(client, 'cd ~ && pwd -P');
      client.end();
      expect(stdout.toString()).toBe(`${node.home}\n`);
      expect(readFileSync(fleet.knownHostsPath, 'utf8')).toContain(hostKey);
    }
    expect(existsSync(join(fleet.node('n1').modelsDir, 'ringrift_best_hex8_2p.pth'))).toBe(true);
    expect(existsSync(fleet.node('n2').modelsDir)).toBe(false);
  });

  it('refuses connections while stopped, and answers again on the same port', async () => {
    await fleet.node('n1').stop();
    await expect(enter('n1')).rejects.toThrow('ECONNREFUSED');
    await fleet.node('n1').start();
    (await enter('n1')).client.end();
  });

  it('freezes with its running commands', async () => {
    const node = fleet.node('n1');
    const { client } = await enter('n1');
    const channel = await openCommand(client, 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done');
    let lines = 0;
    channel.on('data', () => {
      lines += 1;
    });
    await expect.poll(() => lines).toBeGreaterThan(1);
    await node.freeze();
    // What was under way arrives; after that the other node's handshake finds nothing new.
    (await enter('n2')).client.end();
    const before = lines;
    (await enter('n2')).client.end();
    expect(lines).toBe(before);
    await node.thaw();
    await expect.poll(() => lines).toBeGreaterThan(before);
    client.end();
  });

  it('comes back with another host key, which known_hosts does not have', async () => {
    await fleet.node('n2').restartWithNewHostKey();
    const { client, hostKey } = await enter('n2');
    client.end();
    expect(readFileSync(fleet.knownHostsPath, 'utf8')).not.toContain(hostKey);
  });
});

describe.skipIf(!hasTool('sshd'))('many openssh nodes', () => {
  it('starts 32 of them in seconds', async () => {
    const nodes = Array.from({ length: 32 }, (_, index) => ({ name: `n${index + 1}`, models: false }));
    const fleet = await startOpenSshFleet({ nodes });
    const last = fleet.node('n32');
    const client = await connect({ address: last.address, user: userInfo().username, keyPath: fleet.keyPath });
    expect((await runOverSsh(client, 'echo "$HOME"')).stdout.toString()).toBe(`${last.home}\n`);
    client.end();
    await fleet.close();
    expect(existsSync(fleet.folder)).toBe(false);
  });
});
