import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { modelDigest } from '../../jobs/checks/model-digest.ts';
import type { Sessions } from '../../src/contract/sessions.ts';
import type { Expected } from '../../src/domain/expected.ts';
import type { Node } from '../../src/domain/node.ts';
import { lookAt } from '../../src/engine/look.ts';
import { fileDigests } from '../../src/facts/file-digest.ts';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { DAEMON, LIMITS, modelOf } from '../jobs/node-here.ts';
import { entriesOf, fleetNode } from '../ssh/keys-for-tests.ts';
import { type OpenSshFleet, startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';
import { type BenchOptions, type BenchRow, timed, timeRow } from './bench-row.ts';

const GIB = 1 << 30;
const run = promisify(execFile);
const HASHES = fileDigests('', '', []).script;

/** Digests over real sshd: one large file beside the runbook's sha256sum, and an unchanged fleet looked at a second time. */
export async function benchDigest({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const size = short ? GIB / 64 : GIB;
  const count = short ? 2 : 8;
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const fleet = await startOpenSshFleet({ nodes: names.map((name) => ({ name, models: false })) });
  try {
    await Promise.all(fleet.nodes.map(({ modelsDir }) => mkdir(modelsDir, { recursive: true })));
    const { keyPath, knownHostsPath } = fleet;
    const user = userInfo().username;
    const nodes = fleet.nodes.map(({ name, address, modelsDir }) => ({
      ...fleetNode({ name, address, user, keyPath }),
      modelsDir,
    }));
    const knownHosts = await entriesOf(knownHostsPath);
    const sessions = (): Sessions => createSshSessions({ knownHosts, nodeByName: () => undefined });
    return [
      await oneFile({ fleet, nodes, sessions, size, rounds: short ? 1 : 5, say }),
      await again({ fleet, nodes, sessions, bytes: short ? 1_500_000 : 40_000_000, rounds: short ? 1 : 5, say }),
    ];
  } finally {
    await fleet.close();
  }
}

type Bench = {
  readonly fleet: OpenSshFleet;
  readonly nodes: readonly Node[];
  readonly sessions: () => Sessions;
  readonly rounds: number;
  readonly say: BenchOptions['say'];
};

async function oneFile({ fleet, nodes, sessions, size, rounds, say }: Bench & { size: number }): Promise<BenchRow> {
  const [node] = nodes;
  const [here] = fleet.nodes;
  if (node === undefined || here === undefined) throw new Error('no node');
  say(`writing ${size / (1 << 20)} MiB`);
  const file = join(here.modelsDir, 'large.pth');
  await writeRandom(file, size);
  const ssh = ['-i', fleet.keyPath, '-o', `UserKnownHostsFile=${fleet.knownHostsPath}`, '-o', 'IdentitiesOnly=yes'];
  const to = ['-p', String(here.address.port), `${userInfo().username}@${here.address.host}`];
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    const theirs = await timed(times.peer, () => run('ssh', [...ssh, ...to, `sha256sum ${file}`]));
    const own = sessions();
    const digest = await timed(times.ours, () => digestOf(own, node, here.modelsDir));
    await own.close();
    if (digest !== theirs.stdout.slice(0, 64)) throw new Error(`${digest} is not ${theirs.stdout.slice(0, 64)}`);
    say(
      `round ${round} of ${rounds}: ours ${times.ours.at(-1)?.toFixed(2)} s, sha256sum ${times.peer.at(-1)?.toFixed(2)} s`,
    );
  }
  const what = 'sha256 of one file over a new connection, hashed on the node; peer: ssh node sha256sum';
  return timeRow({ name: 'digest 1 GiB', what, unit: 's', goal: 3, ...times });
}

async function digestOf(sessions: Sessions, node: Node, dir: string): Promise<string> {
  const fact = fileDigests(dir, 'any', ['large.pth']);
  const result = await sessions.run(node, fact);
  if (result.kind === 'unknown') throw new Error(`${result.reason}: ${result.detail}`);
  const answer = fact.parse({ ...result, stderr: Buffer.from(result.stderr).toString() }).get('large.pth');
  if (answer === undefined || answer === 'changed') throw new Error('the file changed');
  return answer.digest;
}

/** The second look at files that have not changed reads none of them; that is asserted, the times are the picture. */
async function again({ fleet, nodes, sessions, bytes, rounds, say }: Bench & { bytes: number }): Promise<BenchRow> {
  const models = ['hex8_2p', 'hex8_3p', 'hex8_4p', 'square8_2p'].map(modelOf);
  say(`filling ${nodes.length} nodes`);
  for (const { modelsDir } of fleet.nodes)
    for (const { canonical } of models) await writeRandom(join(modelsDir, canonical), bytes);
  const digest = digestOfBlocks(bytes);
  const expected = new Map(models.map(({ name }) => [name, expectationOf(name, bytes, digest)]));
  const own = sessions();
  let hashed = 0;
  const counting: Sessions = {
    ...own,
    run(node, script) {
      if (script.script === HASHES) hashed += 1;
      return own.run(node, script);
    },
  };
  const [coordinator] = nodes;
  if (coordinator === undefined) throw new Error('no node');
  const times = { ours: [] as number[], peer: [] as number[] };
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const known = new Map<string, string>();
      const digests = {
        get: async (key: string) => known.get(key),
        set: async (key: string, digest: string) => void known.set(key, digest),
      };
      const around = {
        nodes,
        models,
        coordinator,
        sessions: counting,
        expected,
        digests,
        checks: [modelDigest],
        fleet: [],
        pullFrom: null,
      };
      const look = () => lookAt({ ...around, fresh: false, limits: LIMITS, daemon: DAEMON, now: () => new Date() });
      const first = await timed(times.peer, look);
      const before = hashed;
      const second = await timed(times.ours, look);
      if (hashed !== before || before === 0) throw new Error('the second look read files that have not changed');
      if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('the second look says something else');
    }
  } finally {
    await own.close();
  }
  const what = `digests of ${models.length} models on ${nodes.length} nodes, looked at again: no file is read; peer: the first look`;
  return timeRow({ name: 'digest again', what, unit: 's', goal: 2, ...times });
}

function expectationOf(name: string, bytes: number, digest: string): Expected {
  const line = {
    digest,
    bytes,
    mtimeS: 1,
    since: '2026-01-01T00:00:00.000Z',
    from: 'n1',
    by: 'seen',
    provisional: false,
  };
  return {
    record: { model: name, current: line, candidate: null, earlier: [] },
    source: { kind: 'good', node: 'hub' },
  };
}

const BLOCK = randomBytes(1 << 20);

/** Bytes that do not compress, the same for the same size. */
function* blocksOf(size: number): Generator<Buffer> {
  for (let given = 0; given < size; given += BLOCK.length)
    yield BLOCK.subarray(0, Math.min(BLOCK.length, size - given));
}

function digestOfBlocks(size: number): string {
  const hash = createHash('sha256');
  for (const part of blocksOf(size)) hash.update(part);
  return hash.digest('hex');
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  for (const part of blocksOf(size)) await file.write(part);
  await file.sync();
  await file.close();
}
