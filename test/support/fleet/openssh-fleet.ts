import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestTools } from '../../../src/bootstrap/test-tools.mjs';
import { inventoryText } from '../../../src/demo/fleet/inventory-text.ts';
import { type Checkpoints, fillModels, makeCheckpoints } from '../../../src/demo/fleet/models.ts';
import { createSshKey, knownHostsLine, type SshKey } from '../../../src/demo/fleet/ssh-key.ts';
import { killMarked } from '../../../src/demo/fleet/stragglers.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { testTools } from './tools.ts';

/** A node as a test asks for it. */
export interface OpenSshNodeOptions {
  readonly name: string;
  /** User in the inventory; by default the one who runs the tests, the only one who can log in. */
  readonly user?: string;
  /** Further or other keys of its inventory entry. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Home folder; by default a new one. */
  readonly home?: string;
  /** Further lines of its sshd_config. */
  readonly config?: readonly string[];
  /** false: an empty home. By default a healthy models folder. */
  readonly models?: boolean;
  /** true: also the files that real models folders collect. */
  readonly noise?: boolean;
}

/** A node behind a real sshd. */
export interface OpenSshNode {
  readonly name: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly home: string;
  readonly modelsDir: string;
  /** Refuses connections and ends the open ones with their commands. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  /** Stops sshd and everything under it, so that nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** A reinstalled machine: another host key on the same address. */
  restartWithNewHostKey(): Promise<void>;
  /** The machine that was there first answers again, with its own host key. */
  restartWithFirstHostKey(): Promise<void>;
}

/** Several nodes on this machine, each a real sshd on 127.0.0.x with its own home. */
export interface OpenSshFleet {
  readonly folder: string;
  readonly nodes: readonly OpenSshNode[];
  readonly inventoryPath: string;
  readonly knownHostsPath: string;
  readonly keyPath: string;
  /** What the models are on every node that has them. */
  readonly checkpoints: Checkpoints;
  /** Throws for a name that is no node. */
  node(name: string): OpenSshNode;
  /** Ends every sshd and command; removes the folder if it was made here. */
  close(): Promise<void>;
}

const STARTS_AT_ONCE = 8;
const PROMOTED_AGO_MS = 3 * 3_600_000;

/** Starts the nodes and writes inventory, known_hosts and the one client key. Needs sshd: see `hasTool`. */
export async function startOpenSshFleet(options: {
  readonly nodes: readonly OpenSshNodeOptions[];
  readonly folder?: string;
  readonly tools?: TestTools;
  readonly checkpoints?: Checkpoints;
}): Promise<OpenSshFleet> {
  const tools = options.tools ?? testTools();
  if (tools.sshd === undefined) throw new Error('this machine has no sshd');
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'medic-fleet-')));
  const client = createSshKey('medic-tests');
  const keyPath = join(folder, 'keys', 'id_cluster');
  const shared: Shared = {
    program: tools.sshd,
    folder,
    authorizedKeysPath: join(folder, 'keys', 'authorized_keys'),
    mark: `MEDIC_TEST_FLEET=${randomBytes(16).toString('hex')}`,
    path: nodePath(tools),
    checkpoints: options.checkpoints ?? makeCheckpoints(),
  };
  await mkdir(dirname(keyPath), { recursive: true });
  await writePrivate(keyPath, client.privateText);
  await writePrivate(shared.authorizedKeysPath, `${client.publicLine}\n`);
  const started: StartedNode[] = [];
  const close = async (): Promise<void> => {
    // Each reads the table of processes, which 512 cannot do at once.
    for (let at = 0; at < started.length; at += STARTS_AT_ONCE)
      await Promise.all(started.slice(at, at + STARTS_AT_ONCE).map(({ node }) => node.stop()));
    killMarked(shared.mark);
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    for (let at = 0; at < options.nodes.length; at += STARTS_AT_ONCE) {
      const batch = options.nodes.slice(at, at + STARTS_AT_ONCE);
      const results = await Promise.allSettled(batch.map((node, index) => startNode(node, at + index, shared)));
      started.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }
  } catch (error) {
    await close();
    throw error;
  }
  const nodes = started.map(({ node }) => node);
  const entries = started.map(({ node, asked }) => {
    return { ...asked, address: node.address, user: asked.user ?? userInfo().username, keyPath };
  });
  const inventoryPath = join(folder, 'distributed_hosts.yaml');
  const knownHostsPath = join(folder, 'known_hosts');
  await writePrivate(inventoryPath, inventoryText(entries));
  const knownHosts = started.map(({ node, hostKey }) => knownHostsLine(node.address, hostKey.publicLine));
  await writePrivate(knownHostsPath, knownHosts.join(''));
  const node = (name: string): OpenSshNode => {
    const found = nodes.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`the test's fleet has no node ${name}`);
    return found;
  };
  return { folder, nodes, inventoryPath, knownHostsPath, keyPath, checkpoints: shared.checkpoints, node, close };
}

interface Shared {
  readonly program: string;
  readonly folder: string;
  readonly authorizedKeysPath: string;
  readonly mark: string;
  readonly path: string;
  readonly checkpoints: Checkpoints;
}

interface StartedNode {
  readonly asked: OpenSshNodeOptions;
  readonly node: OpenSshNode;
  readonly hostKey: SshKey;
}

async function startNode(asked: OpenSshNodeOptions, index: number, shared: Shared): Promise<StartedNode> {
  const home = asked.home ?? join(shared.folder, asked.name, 'home');
  const modelsDir = join(home, 'ringrift', 'ai-service', 'models');
  await mkdir(home, { recursive: true });
  if (asked.models !== false) {
    const promotedAt = new Date(Math.floor((Date.now() - PROMOTED_AGO_MS) / 1000) * 1000);
    await fillModels(modelsDir, { checkpoints: shared.checkpoints, promotedAt, noise: asked.noise ?? false });
  }
  const hostKey = createSshKey(asked.name);
  const host = `127.0.0.${11 + (index % 200)}`;
  const run = (key: SshKey, port?: number): Promise<Sshd> =>
    startSshd({
      program: shared.program,
      folder: join(shared.folder, asked.name, 'sshd'),
      host,
      port,
      hostKey: key.privateText,
      authorizedKeysPath: shared.authorizedKeysPath,
      environment: [`HOME=${home}`, `PATH=${shared.path}`, shared.mark],
      config: asked.config,
    });
  const restartWith = async (other: SshKey): Promise<void> => {
    await node.stop();
    key = other;
    await node.start();
  };
  let key = hostKey;
  let sshd: Sshd | undefined = await run(key);
  const address = { host, port: sshd.port };
  const node: OpenSshNode = {
    name: asked.name,
    address,
    home,
    modelsDir,
    async stop() {
      const running = sshd;
      sshd = undefined;
      await running?.stop();
    },
    async start() {
      sshd ??= await run(key, address.port);
    },
    freeze: async () => sshd?.signal('SIGSTOP'),
    thaw: async () => sshd?.signal('SIGCONT'),
    restartWithNewHostKey: () => restartWith(createSshKey(asked.name)),
    restartWithFirstHostKey: () => restartWith(hostKey),
  };
  return { asked, node, hostKey };
}

function nodePath(tools: TestTools): string {
  const usual = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // An rsync that was unpacked without root lies where no shell would look.
  return tools.rsync ? `${dirname(tools.rsync)}:${usual}` : usual;
}

async function writePrivate(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await chmod(path, 0o600);
}
