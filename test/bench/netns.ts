import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSshKey, knownHostsLine } from '../../src/demo/fleet/ssh-key.ts';
import type { Node } from '../../src/domain/node.ts';
import { fleetNode } from '../ssh/keys-for-tests.ts';
import { startSshd } from '../support/fleet/sshd.ts';
import { testTools } from '../support/fleet/tools.ts';

const run = promisify(execFile);

/** Machines of one network: each a real sshd with its own home, address and host key; the first is the source of models. */
export type Network = {
  readonly nodes: readonly Node[];
  readonly keyPath: string;
  readonly knownHostsPath: string;
  /** Whether each node has a network of its own, so that the source's uplink can be limited. */
  readonly apart: boolean;
  /** Limits what leaves the source, in Mbit/s; null: no limit. */
  limit(mbit: number | null): Promise<void>;
  /** Bytes that have left the source since it was started; undefined where that cannot be told. */
  sent(): Promise<number | undefined>;
  /** Runs a program on the source's machine. */
  onSource(program: string, args: readonly string[]): Promise<string>;
  close(): Promise<void>;
};

/** Nodes in network namespaces, joined by a bridge; where that is not allowed, on loopback addresses and without a limit. */
export async function startNetwork(names: readonly string[]): Promise<Network> {
  const { sshd } = testTools();
  if (sshd === undefined) throw new Error('this machine has no sshd');
  const folder = await mkdtemp(join(tmpdir(), 'medic-network-'));
  const mark = randomBytes(2).toString('hex');
  const subnet = `10.${randomInt(100, 250)}.${randomInt(1, 250)}`;
  const bridge = `mb${mark}`;
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const act of undo.splice(0).toReversed()) await act().catch(() => undefined);
  };
  const apart = await isAllowed(bridge, `${subnet}.1/24`, undo);
  const client = createSshKey('medic-bench');
  const keyPath = join(folder, 'id');
  const authorizedKeysPath = join(folder, 'authorized_keys');
  const knownHostsPath = join(folder, 'known_hosts');
  try {
    await writeFile(keyPath, client.privateText, { mode: 0o600 });
    await writeFile(authorizedKeysPath, `${client.publicLine}\n`, { mode: 0o600 });
    const nodes: Node[] = [];
    const lines: string[] = [];
    for (const [index, name] of names.entries()) {
      const home = join(folder, name);
      const modelsDir = join(home, 'models');
      await mkdir(modelsDir, { recursive: true });
      const space = `medic-${mark}-${index}`;
      const host = apart ? `${subnet}.${index + 10}` : `127.0.1.${index + 10}`;
      if (apart) await addSpace({ space, link: `m${mark}${index}`, bridge, address: `${host}/24` }, undo);
      const hostKey = createSshKey(name);
      const server = await startSshd({
        program: sshd,
        folder: join(folder, `${name}-sshd`),
        host,
        ...(apart ? { port: 22, within: ['ip', 'netns', 'exec', space] } : {}),
        hostKey: hostKey.privateText,
        authorizedKeysPath,
        environment: [`HOME=${home}`],
        // All come from one address here, which the usual limit for newcomers would drop.
        config: ['MaxStartups 200:30:300'],
      });
      undo.push(() => server.stop());
      const address = { host, port: server.port };
      // OpenSSH looks the usual port up without naming it.
      lines.push(knownHostsLine(address, hostKey.publicLine).replace(/^\[(.*)\]:22 /, '$1 '));
      const fields = { modelsDir, coordinator: index === 0 };
      nodes.push(fleetNode({ name, address, user: userInfo().username, keyPath, fields }));
    }
    await writeFile(knownHostsPath, lines.join(''), { mode: 0o600 });
    const source = `medic-${mark}-0`;
    const inSource = (args: readonly string[]) => run('ip', ['netns', 'exec', source, ...args], { maxBuffer: 1 << 26 });
    return {
      nodes,
      keyPath,
      knownHostsPath,
      apart,
      async limit(mbit) {
        if (!apart) return;
        await inSource(['tc', 'qdisc', 'del', 'dev', 'eth0', 'root']).catch(() => undefined);
        if (mbit === null) return;
        const rate = ['tbf', 'rate', `${mbit}mbit`, 'burst', '256kb', 'latency', '50ms'];
        await inSource(['tc', 'qdisc', 'add', 'dev', 'eth0', 'root', ...rate]);
      },
      async sent() {
        if (!apart) return undefined;
        return Number((await inSource(['cat', '/sys/class/net/eth0/statistics/tx_bytes'])).stdout);
      },
      async onSource(program, args) {
        const { stdout } = apart
          ? await inSource([program, ...args])
          : await run(program, [...args], { maxBuffer: 1 << 26 });
        return stdout;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Undo = (() => Promise<unknown>)[];

async function isAllowed(bridge: string, address: string, undo: Undo): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  try {
    await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
    undo.push(() => run('ip', ['link', 'del', bridge]));
    await run('ip', ['addr', 'add', address, 'dev', bridge]);
    await run('ip', ['link', 'set', bridge, 'up']);
    return true;
  } catch {
    return false;
  }
}

async function addSpace(
  about: { space: string; link: string; bridge: string; address: string },
  undo: Undo,
): Promise<void> {
  const { space, link, bridge, address } = about;
  await run('ip', ['netns', 'add', space]);
  undo.push(() => run('ip', ['netns', 'del', space]));
  await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space]);
  await run('ip', ['link', 'set', link, 'master', bridge, 'up']);
  const inside = ['-n', space];
  await run('ip', [...inside, 'addr', 'add', address, 'dev', 'eth0']);
  await run('ip', [...inside, 'link', 'set', 'eth0', 'up']);
  await run('ip', [...inside, 'link', 'set', 'lo', 'up']);
}
