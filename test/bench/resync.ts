import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Sessions } from '../../src/contract/sessions.ts';
import type { Node } from '../../src/domain/node.ts';
import { batchesOf, type Plan, type Target, type TransferStep } from '../../src/domain/plan.ts';
import { aheadOf, relayLinks } from '../../src/domain/relay.ts';
import { createRelayBoard, type RelayBoard } from '../../src/engine/relay-board.ts';
import { actions, argvs } from '../../src/registry/actions.ts';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { createRelayTransport } from '../../src/transports/relay.ts';
import { createStreamTransport } from '../../src/transports/stream.ts';
import { entriesOf } from '../ssh/keys-for-tests.ts';
import { aPlan, aTarget, aTransfer } from '../support/builders/plans.ts';
import { type BenchOptions, type BenchRow, timed, timeRow } from './bench-row.ts';
import { type Network, startNetwork } from './netns.ts';

const UPLINK_MBIT = 200;
const FILE = 'canonical_hex8_2p.pth';
const RULES = { from: 1, perSource: 2, perProvider: 64 };
const run = promisify(execFile);

/** Sends one model to many nodes by relay, as a plan does, beside rsync from the same source over the same uplink. */
export async function benchResync({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const [few, many] = short ? [2, 3] : [8, 16];
  const bytes = short ? 6_000_000 : 200_000_000;
  const rounds = short ? 1 : 3;
  say(`starting ${many + 1} nodes`);
  const network = await startNetwork(['source', ...Array.from({ length: many }, (_, index) => `vast-${index + 1}`)]);
  const bench = await openBench(network, say);
  try {
    const digest = await bench.fill(bytes);
    await network.limit(UPLINK_MBIT);
    const times = {
      few: [] as number[],
      once: [] as number[],
      many: [] as number[],
      stars: [] as number[],
      one: [] as number[],
    };
    for (let round = 1; round <= rounds; round += 1) {
      await timed(times.stars, () => bench.byRsync(few));
      await bench.check(few, digest);
      await timed(times.few, () => bench.byRelay(few, digest, bytes, 'batches'));
      await bench.check(few, digest);
      await timed(times.one, () => bench.byRsync(1));
      await bench.check(1, digest);
      await timed(times.once, () => bench.byRelay(few, digest, bytes, 'at once'));
      await bench.check(few, digest);
      await timed(times.many, () => bench.byRelay(many, digest, bytes, 'batches'));
      await bench.check(many, digest);
      say(`round ${round} of ${rounds}: ${shown(times)}`);
    }
    const resumed = await bench.resumed(digest, bytes);
    const rate = network.apart ? `uplink ${UPLINK_MBIT} Mbit/s` : 'no limit on the uplink, since that needs root';
    const size = `${bytes / 1_000_000} MB`;
    const seconds = { unit: 's' };
    return [
      timeRow({
        ...seconds,
        name: `resync ${few}`,
        goal: 5,
        ours: times.few,
        peer: times.stars,
        what: `${size} to ${few} nodes by relay, in the batches of a plan, hashed and placed, ${rate}; peer: ${few} rsyncs side by side`,
      }),
      timeRow({
        ...seconds,
        name: `resync ${few} line`,
        goal: 0.667,
        ours: times.few,
        peer: times.one,
        what: `the same; peer: one rsync to one node`,
      }),
      timeRow({
        ...seconds,
        name: `resync ${few} at once`,
        goal: 0.667,
        ours: times.once,
        peer: times.one,
        what: `the same without waiting for the first node; peer: one rsync to one node`,
      }),
      timeRow({
        ...seconds,
        name: `resync ${many}`,
        goal: 0.833,
        ours: times.many,
        peer: times.few,
        what: `the same to ${many} nodes; peer: itself at ${few}`,
      }),
      timeRow({
        unit: 'MB',
        name: 'resume 60 %',
        goal: 2.22,
        ours: [resumed / 1e6],
        peer: [bytes / 1e6],
        what: `bytes sent again after a cut at 60 %; peer: the whole file`,
      }),
    ];
  } finally {
    await bench.close();
    await network.close();
  }
}

/** One large file to one node without a limit, its digest proved at both ends. */
export async function benchCopy({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const bytes = short ? 6_000_000 : 1_000_000_000;
  const network = await startNetwork(['source', 'vast-1']);
  const bench = await openBench(network, say);
  try {
    const digest = await bench.fill(bytes);
    const times = { ours: [] as number[], peer: [] as number[] };
    for (let round = 1; round <= (short ? 1 : 5); round += 1) {
      await timed(times.peer, () => bench.byRsync(1, 'and hashed'));
      await bench.check(1, digest);
      await timed(times.ours, () => bench.byRelay(1, digest, bytes, 'at once'));
      await bench.check(1, digest);
      say(`round ${round}: ${shown(times)}`);
    }
    const what = `${bytes / 1e6} MB to one node, no limit: hashed at the source, by block, before and after the rename; peer: rsync --whole-file, then openssl dgst on both, side by side`;
    return [timeRow({ name: 'copy 1 GB', what, unit: 's', goal: 1, ...times })];
  } finally {
    await bench.close();
    await network.close();
  }
}

function shown(times: Readonly<Record<string, readonly number[]>>): string {
  return Object.entries(times)
    .map(([name, list]) => `${name} ${list.at(-1)?.toFixed(2)} s`)
    .join(', ');
}

async function openBench(network: Network, say: BenchOptions['say']) {
  const [source, ...receivers] = network.nodes;
  if (source === undefined) throw new Error('no source');
  const sessions = createSshSessions({
    knownHosts: await entriesOf(network.knownHostsPath),
    nodeByName: () => undefined,
  });
  await Promise.all(network.nodes.map((node) => sessions.warm(node)));
  const path = (node: Node): string => join(node.modelsDir ?? '', FILE);
  const ssh = `ssh -i ${network.keyPath} -o UserKnownHostsFile=${network.knownHostsPath} -o IdentitiesOnly=yes -o BatchMode=yes`;
  const to = (node: Node): string => `root@${node.addresses[0]?.host}`.replace('root', node.user);
  const first = (count: number): Node[] => receivers.slice(0, count);
  return {
    async fill(bytes: number): Promise<string> {
      say(`writing ${bytes / 1_000_000} MB`);
      return writeRandom(path(source), bytes);
    },
    /** What arrived is right on every node, and gone afterwards. */
    async check(count: number, digest: string): Promise<void> {
      for (const node of first(count)) {
        const { stdout } = await run('openssl', ['dgst', '-sha256', path(node)]);
        if (!stdout.includes(digest)) throw new Error(`${node.name} has other bytes: ${stdout}`);
        await unlink(path(node));
        await rm(join(node.modelsDir ?? '', '.medic'), { recursive: true, force: true });
      }
    },
    async byRsync(count: number, how?: 'and hashed'): Promise<void> {
      const copy = (node: Node) => {
        const port = ` -p ${node.addresses[0]?.port}`;
        return network.onSource('rsync', ['--whole-file', '-e', ssh + port, path(source), `${to(node)}:${path(node)}`]);
      };
      await Promise.all(first(count).map(copy));
      const [node] = receivers;
      if (how === undefined || node === undefined) return;
      const far = [...ssh.split(' ').slice(1), '-p', String(node.addresses[0]?.port), to(node)];
      const [here, there] = await Promise.all([
        network.onSource('openssl', ['dgst', '-sha256', path(source)]),
        network.onSource('ssh', [...far, `openssl dgst -sha256 ${path(node)}`]),
      ]);
      if (here.slice(-65) !== there.slice(-65)) throw new Error('the digests differ');
    },
    byRelay: (count: number, digest: string, bytes: number, how: 'batches' | 'at once') =>
      relayed(sessions, source, { nodes: first(count), digest, bytes, how }),
    /** Bytes that are sent when a partial file of 60 % is there. */
    async resumed(digest: string, bytes: number): Promise<number> {
      const [node] = receivers;
      if (node === undefined) throw new Error('no receiver');
      const temporary = newTemporary();
      const whole = await readFile(path(source));
      const partial = await open(join(node.modelsDir ?? '', temporary), 'wx', 0o600);
      await partial.write(whole.subarray(0, Math.floor(bytes * 0.6)));
      await partial.close();
      const step = stepFor(node, source, digest, bytes, await folderId(node));
      const result = await relayOf(sessions).send(shipmentOf(source, node, step, temporary, undefined));
      await unlink(join(node.modelsDir ?? '', temporary));
      if (result.kind !== 'arrived') throw new Error(`${result.reason}: ${result.detail}`);
      return result.bytesSent;
    },
    close: () => sessions.close(),
  };
}

function relayOf(sessions: Sessions) {
  return createRelayTransport({
    sessions,
    through: createStreamTransport({ sessions }),
    rules: RULES,
    limitOf: () => undefined,
    newToken: () => randomBytes(32).toString('hex'),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
}

/** What the engine does between approval and check: a tree, bytes ahead to later batches, and batch by batch each file hashed, placed by one rename and hashed again. */
async function relayed(
  sessions: Sessions,
  source: Node,
  { nodes, digest, bytes, how }: { nodes: readonly Node[]; digest: string; bytes: number; how: 'batches' | 'at once' },
): Promise<void> {
  const transport = relayOf(sessions);
  const targets = await Promise.all(
    nodes.map(async (node) =>
      aTarget(node.name, { steps: [stepFor(node, source, digest, bytes, await folderId(node))] }),
    ),
  );
  const relay = relayLinks({ targets, params: { transports: ['relay'] }, nodes: [source, ...nodes], rules: RULES });
  const usual: Plan['batches'] = targets.length > 4 ? [1, '25%', '100%'] : [1, '100%'];
  const plan = aPlan([], { targets, relay, batches: how === 'batches' ? usual : ['100%'] });
  const board = createRelayBoard(plan, () => [source, ...nodes]);
  const about = { sessions, transport, source, nodes, board };
  const early = new Map<string, Promise<string>>();
  for (const [index, batch] of batchesOf(plan).entries()) {
    const ahead = aheadOf(plan)[index] ?? [];
    board.begin([...batch, ...ahead]);
    for (const target of ahead) early.set(target.node, bring(about, target, 'ahead'));
    await Promise.all(
      batch.map(async (target) => {
        try {
          await place(about, target, await (early.get(target.node) ?? bring(about, target, 'at its turn')));
        } finally {
          board.left(target);
        }
      }),
    );
  }
}

type About = {
  readonly sessions: Sessions;
  readonly transport: ReturnType<typeof relayOf>;
  readonly source: Node;
  readonly nodes: readonly Node[];
  readonly board: RelayBoard;
};

/** Brings the file to a node; under which temporary name. */
async function bring(about: About, target: Target, when: 'ahead' | 'at its turn'): Promise<string> {
  const { transport, source, board } = about;
  const { node, step } = transferOf(about, target);
  const temporary = newTemporary();
  const shipment = shipmentOf(source, node, step, temporary, board);
  const { relay } = shipment;
  const nearer = relay?.from.filter((place) => place.node !== source) ?? [];
  const result = await transport.send(
    when === 'ahead' && relay !== undefined
      ? { ...shipment, relay: { ...relay, from: nearer, ahead: true } }
      : shipment,
  );
  if (result.kind !== 'arrived') throw new Error(`${node.name}: ${result.reason}: ${result.detail}`);
  if (when === 'ahead') board.brought(node.name, step.model);
  return temporary;
}

async function place(about: About, target: Target, temporary: string): Promise<void> {
  const { sessions } = about;
  const { node, step } = transferOf(about, target);
  const [name = '', ...args] = argvs
    .placeModel(step, temporary)
    .map((word) => (word === '{receipt}' ? 'r-00000001' : word));
  const script = actions.get(name)?.script ?? '';
  const placed = await sessions.run(node, { name, script, args, timeoutMs: 600_000, outputBytesMax: 65_536 });
  if (placed.kind === 'unknown' || placed.code !== 0) throw new Error(`${node.name}: it could not be placed`);
}

function transferOf({ nodes }: About, target: Target): { node: Node; step: TransferStep } {
  const node = nodes.find(({ name }) => name === target.node);
  const [step] = target.steps;
  if (node === undefined || step?.kind !== 'transfer') throw new Error('a target without a transfer');
  return { node, step };
}

function shipmentOf(source: Node, target: Node, step: TransferStep, temporary: string, board: RelayBoard | undefined) {
  const relay = board?.of(target.name, step.model);
  return {
    ...(relay === undefined ? {} : { relay }),
    source,
    sourceFolder: source.modelsDir ?? '',
    target,
    targetFolder: step.folder,
    targetFolderId: step.folderId,
    file: step.file,
    sourcePath: step.file,
    digest: step.digest,
    bytes: step.bytes,
    bytesPerSecond: undefined,
    temporary,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
}

function stepFor(node: Node, source: Node, digest: string, bytes: number, id: string): TransferStep {
  const step = aTransfer({
    file: FILE,
    digest,
    bytes,
    folder: node.modelsDir ?? '',
    folderId: id,
    sources: [source.name],
  });
  if (step.kind !== 'transfer') throw new Error('no transfer');
  return step;
}

async function folderId({ modelsDir }: Node): Promise<string> {
  const { dev, ino } = await stat(modelsDir ?? '');
  return `${dev}:${ino}`;
}

function newTemporary(): string {
  return `.medic-${randomBytes(16).toString('hex')}`;
}

/** Bytes that do not compress; their sha256. */
async function writeRandom(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let given = 0; given < size; ) {
    const part = randomBytes(Math.min(1 << 20, size - given));
    hash.update(part);
    await file.write(part);
    given += part.length;
  }
  await file.sync();
  await file.close();
  return hash.digest('hex');
}
