import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonSettings, LookContext, LookLimits } from '../../src/contract/job.ts';
import type { Expected } from '../../src/domain/expected.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Node } from '../../src/domain/node.ts';
import type { Argv, Target } from '../../src/domain/plan.ts';
import { actions, argvs } from '../../src/registry/actions.ts';
import { checks } from '../../src/registry/jobs.ts';
import { type Ran, readHere, runScript, type ShellOptions } from '../facts/run-fact.ts';

/** The receipt that changes in tests belong to. */
export const RECEIPT = 'r-00000001';

export const MODEL_BYTES = 1_100_000;
const usual = checks.filter(({ byDefault }) => byDefault !== false);

/** The defaults of medic.yaml. */
export const DAEMON: DaemonSettings = {
  statusPort: 8_790,
  statusUrl: null,
  ledger: 'data/coordination/delivery_ledger.db',
  logs: ['logs/distribution.log'],
  python: true,
  windowMinutes: 60,
  criticalNodes: 3,
  criticalPercent: 20,
  stuckSeconds: 300,
};

/** Limits under which the disk of this machine is never a finding. */
export const LIMITS: LookLimits = {
  diskWarnPercent: 100,
  diskStopPercent: 93,
  clockSkewS: 60,
  leftoverMinutes: 60,
  quarantineDays: 7,
  quarantineGenerations: 2,
  quarantinePercent: 5,
};

const MTIME_S = 1_700_000_000;

/** A models folder on this machine that checks look at and repairs change with real shells. */
export type NodeHere = {
  readonly folder: string;
  readonly models: string;
  readonly all: readonly Model[];
  readonly digests: Map<string, string>;
  path(name: string): string;
  context(over?: Partial<LookContext>): LookContext;
  expect(model: string, over: Partial<Expected>): void;
  look(over?: Partial<LookContext>): Promise<{ findings: Finding[]; unknown: string[]; notes: string[] }>;
  act(argv: Argv, options?: ShellOptions): Promise<Ran>;
  forward(target: Target, options?: ShellOptions): Promise<Ran[]>;
  undo(target: Target, options?: ShellOptions): Promise<Ran[]>;
  /** Lets the files in the folder be as they are for a minute, so that nothing takes them for being written. */
  age(): void;
  tree(): Record<string, string>;
  close(): void;
};

/** The model of that name, named as in the cluster. */
export function modelOf(name: string): Model {
  return { name, canonical: `canonical_${name}.pth`, alias: `ringrift_best_${name}.pth` };
}

/** Bytes of a model; the same for the same words. */
export function bytesOf(words: string, length = MODEL_BYTES): Buffer {
  return Buffer.alloc(length, createHash('sha256').update(words).digest());
}

/** Makes a healthy folder; `fill: false` leaves it empty. */
export function createNodeHere(
  names: readonly string[] = ['hex8_2p', 'hex8_4p'],
  options: { readonly fill?: boolean; readonly shell?: ShellOptions } = {},
): NodeHere {
  const folder = mkdtempSync(join(tmpdir(), 'medic-node-'));
  const models = join(folder, 'models');
  const all = names.map(modelOf);
  const digests = new Map<string, string>();
  const expected = new Map(all.map(({ name }): [string, Expected] => [name, goodExpectation(name)]));
  const read = readHere(options.shell);
  mkdirSync(models);
  if (options.fill !== false) for (const model of all) fill(models, model);
  const node = nodeNamed('vast-1', models);
  const here: NodeHere = {
    folder,
    models,
    all,
    digests,
    path: (name) => join(models, name),
    context: (over = {}) => ({
      node,
      models: all,
      read,
      here: read,
      expected,
      fresh: false,
      params: {},
      limits: LIMITS,
      daemon: DAEMON,
      pullFrom: null,
      fleet: [],
      now: () => new Date(),
      digests: {
        get: async (key) => digests.get(key),
        set: async (key, digest) => void digests.set(key, digest),
      },
      ...over,
    }),
    expect(model, over) {
      expected.set(model, { ...goodExpectation(model), ...over });
    },
    async look(over) {
      const reports = await Promise.all(usual.map((check) => check.run(here.context(over))));
      const findings = new Map(reports.flatMap((report) => report.findings).map((finding) => [finding.id, finding]));
      return {
        findings: [...findings.values()],
        unknown: reports.flatMap((report) => report.unknown).map(({ reason, model }) => `${reason} ${model ?? ''}`),
        notes: reports.flatMap((report) => report.notes),
      };
    },
    async act(argv, shell = options.shell) {
      const [name = '', ...args] = argv;
      const action = actions.get(name);
      if (action === undefined) throw new Error(`no action ${name}`);
      return runScript(
        action.script,
        args.map((word) => (word === '{receipt}' ? RECEIPT : word)),
        shell,
      );
    },
    async forward(target, shell) {
      const results: Ran[] = [];
      for (const step of target.steps) {
        if (step.kind === 'run') results.push(await here.act(step.argv, shell));
        else if (step.kind === 'transfer') {
          const temporary = `.medic-${randomBytes(16).toString('hex')}`;
          writeFileSync(join(models, temporary), bytesOf(step.model));
          results.push(await here.act(argvs.placeModel(step, temporary), shell));
        }
      }
      return results;
    },
    async undo(target, shell) {
      const results: Ran[] = [];
      for (const { undo } of target.steps.toReversed()) {
        if (undo.kind === 'run') results.push(await here.act(undo.argv, shell));
      }
      return results;
    },
    age() {
      if (!existsSync(models)) return;
      const young = Date.now() - 10_000;
      for (const name of readdirSync(models)) {
        const stat = lstatSync(join(models, name));
        const then = (Date.now() - 60_000) / 1_000;
        if (stat.isFile() && stat.mtimeMs > young) utimesSync(join(models, name), then, then);
      }
    },
    tree: () => treeOf(folder),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  return here;
}

/** What the record and the coordinator say of a model in these tests. */
export function goodExpectation(name: string): Expected {
  const digest = createHash('sha256').update(bytesOf(name)).digest('hex');
  const since = '2025-12-28T10:00:00.000Z';
  const current = {
    digest,
    bytes: MODEL_BYTES,
    mtimeS: MTIME_S,
    since,
    from: 'mac-studio',
    by: 'seen on the coordinator',
    provisional: false,
  };
  return {
    record: { model: name, current, candidate: null, earlier: [] },
    source: { kind: 'good', node: 'mac-studio' },
  };
}

/** A node as the inventory gives it. */
export function nodeNamed(name: string, modelsDir: string | null): Node {
  const address = { host: '127.0.0.1', port: 22 };
  const rest = {
    role: 'gpu',
    status: 'ready',
    provider: 'vast',
    gpu: null,
    ephemeral: false,
    note: null,
    coordinator: false,
    active: true,
  };
  return {
    name,
    addresses: [address],
    user: 'root',
    keyFile: null,
    proxy: null,
    local: true,
    root: null,
    venv: null,
    modelsDir,
    noTargetBecause: null,
    ...rest,
  };
}

function fill(folder: string, { name, canonical, alias }: Model): void {
  writeFileSync(join(folder, canonical), bytesOf(name));
  utimesSync(join(folder, canonical), MTIME_S, MTIME_S);
  symlinkSync(canonical, join(folder, alias));
}

/** Every name below a folder with kind, bytes, mode, time and inode of files; what medic keeps for itself is left out. */
function treeOf(folder: string, prefix = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder).toSorted()) {
    if (name === '.medic') continue;
    const path = join(folder, name);
    const stat = lstatSync(path, { bigint: true });
    if (stat.isSymbolicLink()) tree[prefix + name] = `-> ${readlinkSync(path)}`;
    else if (stat.isDirectory()) Object.assign(tree, { [prefix + name]: 'folder' }, treeOf(path, `${prefix}${name}/`));
    else if (stat.isFile())
      tree[prefix + name] = [
        createHash('sha256').update(readFileSync(path)).digest('hex'),
        stat.mode,
        stat.mtimeNs,
        stat.ino,
      ].join(' ');
    else tree[prefix + name] = 'other';
  }
  return tree;
}

/** A PATH that holds links to all programs but those named, and scripts of one's own. */
export function pathWithout(
  folder: string,
  missing: readonly string[],
  own: Readonly<Record<string, string>> = {},
): string {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const place of ['/bin', '/usr/bin']) {
    for (const name of readdirSync(place)) {
      if (missing.includes(name) || name in own) continue;
      try {
        symlinkSync(join(place, name), join(bin, name));
      } catch {
        // The same program is in both places.
      }
    }
  }
  for (const [name, script] of Object.entries(own)) {
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
  return bin;
}
