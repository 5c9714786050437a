import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../../src/config.ts';
import { startDemoFleet } from '../../../src/demo/fleet/demo-fleet.ts';
import { type Checkpoints, makeCheckpoints } from '../../../src/demo/fleet/models.ts';
import { type OpenSshNode, type OpenSshNodeOptions, startOpenSshFleet } from '../fleet/openssh-fleet.ts';
import { hasTool } from '../fleet/tools.ts';

/** Who the shell takes the tests for. */
export const me = `cli:${userInfo().username}`;

/** A node as the flow tests use it, behind OpenSSH or behind the demo's server. */
export interface SiteNode {
  readonly name: string;
  readonly modelsDir: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A fleet, a folder of its own and as many installations on them as a test asks for. */
export interface Site {
  readonly folder: string;
  readonly checkpoints: Checkpoints;
  readonly nodes: readonly SiteNode[];
  node(name: string): SiteNode;
  /** Writes a medic.yaml of a cluster with a state folder of its own; `lines` replace the roles and approvals. */
  configure(cluster: string, lines?: readonly string[], configs?: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Limits that a test does not meet by running often and on one disk. */
const generous = 'diskWarnPercent: 100, changesPerNodeHour: 10000, changesPerClusterHour: 100000';

/** medic.yaml of a shell whose user may do everything. */
export const soleApprover: readonly string[] = [
  `roles: { operators: [], approvers: ["${me}"] }`,
  'approvals: { selfApproval: cli }',
];

/** The nodes of the demo, which `plantFaults` knows, behind OpenSSH; where there is no sshd the demo's own servers. */
export async function startRunbookSite(): Promise<Site> {
  if (hasTool('sshd')) return startSite(runbookNodes);
  process.stderr.write("no sshd here: these cases run against the demo's SSH servers\n");
  const folder = await mkdtemp(join(tmpdir(), 'medic-flow-'));
  const fleet = await startDemoFleet({ folder: join(folder, 'fleet') });
  return siteOf(folder, fleet);
}

/** A site of OpenSSH nodes; needs sshd. */
export async function startSite(
  nodes: readonly OpenSshNodeOptions[],
  configs: readonly string[] = ['hex8_2p', 'hex8_4p', 'square8_2p'],
): Promise<Site & { readonly home: (name: string) => string; readonly machine: (name: string) => OpenSshNode }> {
  const folder = await mkdtemp(join(tmpdir(), 'medic-flow-'));
  await mkdir(join(folder, 'fleet'));
  try {
    const fleet = await startOpenSshFleet({
      nodes,
      folder: join(folder, 'fleet'),
      checkpoints: makeCheckpoints(configs),
    });
    return { ...siteOf(folder, fleet), home: (name) => fleet.node(name).home, machine: (name) => fleet.node(name) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The checked configuration of a medic.yaml; throws with its faults. */
export function configOf(file: string): Config {
  const loaded = loadConfig({ configFile: file, env: {} });
  if (loaded.ok) return loaded.config;
  throw new Error(loaded.faults.map(({ place, text }) => `${place}: ${text}`).join('\n'));
}

const runbookNodes: readonly OpenSshNodeOptions[] = [
  { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' }, noise: true },
  ...[
    'vast-1',
    'vast-2',
    'vast-3',
    'nebius-h100-1',
    'nebius-h100-2',
    'runpod-a100-1',
    'runpod-a100-2',
    'runpod-a100-3',
  ].map((name) => ({ name, noise: true })),
];

type Fleet = Pick<Site, 'checkpoints' | 'nodes'> & {
  readonly inventoryPath: string;
  readonly knownHostsPath: string;
  node(name: string): SiteNode;
  close(): Promise<void>;
};

function siteOf(folder: string, fleet: Fleet): Site {
  return {
    folder,
    checkpoints: fleet.checkpoints,
    nodes: fleet.nodes,
    node: (name) => fleet.node(name),
    async configure(cluster, lines = soleApprover, configs = [...fleet.checkpoints.keys()]) {
      await mkdir(join(folder, cluster), { mode: 0o700 });
      const file = join(folder, cluster, 'medic.yaml');
      const common = [
        `inventory: ${JSON.stringify(fleet.inventoryPath)}`,
        `knownHosts: ${JSON.stringify(fleet.knownHostsPath)}`,
        `cluster: ${cluster}`,
        'coordinator: mac-studio',
        `models: { configs: [${configs.join(', ')}] }`,
      ];
      // All nodes are on this machine's disk: how full that is, is not a test's matter, nor that it changes one node a hundred times.
      const limits = lines.some((line) => line.startsWith('limits:')) ? [] : [`limits: { ${generous} }`];
      await writeFile(file, [...common, ...limits, ...lines, ''].join('\n'), { mode: 0o600 });
      return file;
    },
    async close() {
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
