import { deepStrictEqual } from 'node:assert/strict';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Sessions } from '../../src/contract/sessions.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Node } from '../../src/domain/node.ts';
import { modelsSurvey } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { entriesOf, fleetNode } from '../ssh/keys-for-tests.ts';
import { type OpenSshFleet, startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';
import { createAnsible } from './ansible.ts';
import { type BenchOptions, type BenchRow, timed, timeRow } from './bench-row.ts';
import { type Clush, createClush } from './clush.ts';

type Surveys = ReadonlyMap<string, Survey>;

const models: readonly Model[] = ['hex8', 'square8', 'square19', 'hexagonal']
  .flatMap((board) => ['2p', '3p', '4p'].map((players) => `${board}_${players}`))
  .map((name) => ({ name, canonical: `canonical_${name}.pth`, alias: `ringrift_best_${name}.pth` }));

const fact = modelsSurvey('~/ringrift/ai-service/models', models);

/** 64 real sshd on this machine, one survey of 12 models each: ours cold and warm beside clush cold and with ControlMaster. */
export async function benchSweep({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const count = short ? 8 : 64;
  const rounds = short ? 1 : 5;
  say(`starting ${count} sshd`);
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  // All come from one address here, so that the usual limit for newcomers would drop some of the peer's connections.
  const config = ['MaxStartups 200:30:300'];
  const fleet = await startOpenSshFleet({ nodes: names.map((name) => ({ name, models: false, config })) });
  try {
    await Promise.all(fleet.nodes.map(({ modelsDir }) => fillFolder(modelsDir)));
    return await measure({ fleet, rounds, say });
  } finally {
    await fleet.close();
  }
}

async function measure(options: {
  fleet: OpenSshFleet;
  rounds: number;
  say: BenchOptions['say'];
}): Promise<readonly BenchRow[]> {
  const { fleet, rounds, say } = options;
  const { keyPath, knownHostsPath } = fleet;
  const knownHosts = await entriesOf(knownHostsPath);
  const user = userInfo().username;
  const nodes = fleet.nodes.map(({ name, address }) => fleetNode({ name, address, user, keyPath }));
  const peer = { nodes: fleet.nodes, keyPath, knownHostsPath };
  const clush = await createClush({ ...peer, keepOpen: false });
  const master = await createClush({ ...peer, keepOpen: true });
  if (clush === undefined || master === undefined) throw new Error('the peer is missing: install clustershell');
  const ansible = await createAnsible(peer);
  if (ansible === undefined) throw new Error('the peer is missing: install ansible-core');
  const times = {
    ours: [] as number[],
    warm: [] as number[],
    clush: [] as number[],
    master: [] as number[],
    ansible: [] as number[],
  };
  const openSessions = (): Sessions => createSshSessions({ knownHosts, nodeByName: () => undefined });
  const warm = openSessions();
  try {
    // Not measured: the masters' and the warm sessions' connections are opened.
    const reference = await surveysOf(warm, nodes);
    deepStrictEqual(comparable(await peerSurveys(master)), comparable(reference));
    for (let round = 1; round <= rounds; round += 1) {
      const cold = openSessions();
      const found: readonly Surveys[] = [
        await timed(times.clush, () => peerSurveys(clush)),
        await timed(times.ours, () => surveysOf(cold, nodes)),
        await timed(times.master, () => peerSurveys(master)),
        await timed(times.warm, () => surveysOf(warm, nodes)),
        await timed(times.ansible, () => peerSurveys(ansible)),
      ];
      await cold.close();
      for (const surveys of found) deepStrictEqual(comparable(surveys), comparable(reference));
      say(
        `round ${round} of ${rounds}: ${Object.entries(times)
          .map(([name, list]) => `${name} ${list.at(-1)?.toFixed(3)} s`)
          .join(', ')}`,
      );
    }
  } finally {
    await warm.close();
    await clush.close();
    await master.close();
    await ansible.close();
  }
  const size = nodes.length;
  const row = { unit: 's' };
  return [
    timeRow({
      ...row,
      name: `sweep cold ${size}`,
      what: 'survey of 12 models, new connections; peer: clush -f 64',
      goal: 4,
      ours: times.ours,
      peer: times.clush,
    }),
    timeRow({
      ...row,
      name: `sweep warm ${size}`,
      what: 'the same over open connections; peer: clush -f 64',
      goal: 30,
      ours: times.warm,
      peer: times.clush,
    }),
    timeRow({
      ...row,
      name: `sweep both warm ${size}`,
      what: 'both over open connections; peer: clush -f 64 with ControlMaster',
      goal: 5,
      ours: times.warm,
      peer: times.master,
    }),
    timeRow({
      ...row,
      name: `sweep ansible ${size}`,
      what: 'survey of 12 models, new connections; peer: ansible -f 64 -m raw',
      goal: 4,
      ours: times.ours,
      peer: times.ansible,
    }),
  ];
}

/** Asks every node for its survey, all at once; throws when one does not tell. */
export async function surveysOf(sessions: Sessions, nodes: readonly Node[]): Promise<Surveys> {
  const answers = nodes.map(async (node): Promise<[string, Survey]> => {
    const result = await sessions.run(node, fact);
    if (result.kind === 'unknown') throw new Error(`${node.name}: ${result.reason}: ${result.detail}`);
    const stderr = Buffer.from(result.stderr).toString();
    return [node.name, fact.parse({ code: result.code, stdout: result.stdout, stderr })];
  });
  return new Map(await Promise.all(answers));
}

async function peerSurveys(clush: Pick<Clush, 'run'>): Promise<Surveys> {
  const answers = await clush.run(fact.script, fact.args);
  return new Map([...answers].map(([name, stdout]) => [name, fact.parse({ code: 0, stdout, stderr: '' })]));
}

/** Everything but the free space, which others on this machine change meanwhile. */
function comparable(surveys: Surveys): ReadonlyMap<string, unknown> {
  const rest = [...surveys].map(([name, survey]): [string, unknown] => {
    if (survey.disk === null || survey.entries.size !== 2 * models.length)
      throw new Error(`${name}: an incomplete survey`);
    return [name, { ...survey, disk: survey.disk.totalBytes }];
  });
  return new Map(rest.toSorted(([a], [b]) => a.localeCompare(b)));
}

/** Gives a models folder 12 models of 40 MB, sparse, with their aliases. */
export async function fillFolder(modelsDir: string): Promise<void> {
  await mkdir(modelsDir, { recursive: true });
  for (const { canonical, alias } of models) {
    await writeFile(join(modelsDir, canonical), 'PK\u0003\u0004');
    await truncate(join(modelsDir, canonical), 40_000_000);
    await symlink(canonical, join(modelsDir, alias));
  }
}
