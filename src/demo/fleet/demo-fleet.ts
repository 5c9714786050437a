import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventoryText } from './inventory-text.ts';
import { type Checkpoints, fillModels, makeCheckpoints } from './models.ts';
import { type Address, type NodeServer, startNodeServer } from './node-server.ts';
import { createSshKey, knownHostsLine } from './ssh-key.ts';
import { killMarked } from './stragglers.ts';

/** One node of the demo's fleet. */
export interface DemoNode extends Omit<NodeServer, 'address'> {
  readonly name: string;
  readonly address: Address;
  /** The node's own folder; its home is `home` in it. */
  readonly folder: string;
  readonly modelsDir: string;
}

/** A coordinator and eight nodes, each a real SSH server with its own key and home on this machine. */
export interface DemoFleet {
  readonly nodes: readonly DemoNode[];
  readonly inventoryPath: string;
  readonly knownHostsPath: string;
  readonly keyPath: string;
  /** What every node's models should be. */
  readonly checkpoints: Checkpoints;
  /** Throws for a name that is no node. */
  node(name: string): DemoNode;
  /** Ends every server and every process of a node; the folder stays. */
  close(): Promise<void>;
}

const GPU = { vast: 'RTX 4090', nebius: 'H100', runpod: 'A100' } as const;
const PROMOTED_AGO_MS = 3 * 3_600_000;

interface DemoNodePlan {
  readonly name: string;
  readonly user: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

const NODES: readonly DemoNodePlan[] = [
  { name: 'mac-studio', user: 'operator', extra: { role: 'coordinator', gpu: 'none', memory_gb: 96, cpus: 14 } },
  ...['vast-1', 'vast-2', 'vast-3'].map((name) => gpuNode(name, 'vast', { gpu_vram_gb: 24, is_container: true })),
  ...['nebius-h100-1', 'nebius-h100-2'].map((name) =>
    gpuNode(name, 'nebius', { gpu_vram_gb: 80, role: 'gpu_training' }),
  ),
  ...['runpod-a100-1', 'runpod-a100-2', 'runpod-a100-3'].map((name) => gpuNode(name, 'runpod', { gpu_vram_gb: 80 })),
];

/** Starts the demo's fleet under `folder` (emptied of an earlier fleet first), every node healthy. Writes inventory, known_hosts and the cluster key. */
export async function startDemoFleet({ folder }: { readonly folder: string }): Promise<DemoFleet> {
  const paths = await preparePaths(folder);
  const client = createSshKey('medic-demo');
  await writePrivate(paths.key, client.privateText);
  const checkpoints = makeCheckpoints();
  const promotedAt = new Date(Math.floor((Date.now() - PROMOTED_AGO_MS) / 1000) * 1000);
  const mark = randomBytes(16).toString('hex');
  const started = await Promise.all(
    NODES.map(async (plan, index) => {
      const nodeFolder = join(folder, plan.name);
      const home = join(nodeFolder, 'home');
      const modelsDir = join(home, 'ringrift', 'ai-service', 'models');
      await fillModels(modelsDir, { checkpoints, promotedAt, noise: index % 4 === 0 });
      const key = createSshKey(plan.name);
      const entry = { hostKey: key.privateText, clientPublicLine: client.publicLine };
      const server = await startNodeServer({ ...entry, host: `127.0.0.${11 + index}`, home, user: plan.user, mark });
      const node: DemoNode = { ...server, name: plan.name, folder: nodeFolder, modelsDir };
      return { plan, node, knownHost: knownHostsLine(server.address, key.publicLine) };
    }),
  );
  const nodes = started.map(({ node }) => node);
  const entries = started.map(({ plan, node }) => ({ ...plan, address: node.address, keyPath: paths.key }));
  await writePrivate(paths.inventory, inventoryText(entries));
  await writePrivate(paths.knownHosts, started.map(({ knownHost }) => knownHost).join(''));
  return {
    nodes,
    inventoryPath: paths.inventory,
    knownHostsPath: paths.knownHosts,
    keyPath: paths.key,
    checkpoints,
    node(name) {
      const found = nodes.find((node) => node.name === name);
      if (!found) throw new Error(`the demo's fleet has no node ${name}`);
      return found;
    },
    async close() {
      for (const node of nodes) node.thaw();
      await Promise.all(nodes.map((node) => node.stop()));
      killMarked(`MEDIC_DEMO_NODE=${mark}`);
    },
  };
}

function gpuNode(name: string, provider: keyof typeof GPU, extra: Readonly<Record<string, unknown>>): DemoNodePlan {
  return { name, user: provider === 'nebius' ? 'ubuntu' : 'root', extra: { gpu: GPU[provider], ...extra } };
}

async function preparePaths(folder: string): Promise<{ key: string; inventory: string; knownHosts: string }> {
  for (const { name } of NODES) await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return {
    key: join(folder, 'keys', 'id_cluster'),
    inventory: join(folder, 'distributed_hosts.yaml'),
    knownHosts: join(folder, 'known_hosts'),
  };
}

async function writePrivate(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  // A wider mode of an earlier file, or a loose umask, would make medic refuse it.
  await chmod(path, 0o600);
}
