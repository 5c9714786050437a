import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/contract/sessions.ts';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { Params } from '../../src/domain/plan.ts';
import { makePlans } from '../../src/engine/make-plan.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { actions } from '../../src/registry/actions.ts';
import { writeLedger } from '../support/daemon/daemon-home.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { injectedFailure } from '../support/flow/injected.ts';
import { openWorkshop } from '../support/flow/kit.ts';
import { openOffice } from '../support/flow/office.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const HUB = 'mac-studio';
const NODES = ['vast-1', 'vast-2'];
const MODEL = 'hex8_2p';
const FILE = canonicalName(MODEL);
const GOOD = checkpointOf(MODEL, 1);
const WRONG = checkpointOf(MODEL, 2);
const DAY_S = 86_400;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('which bytes are right', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  let pushing: NodeJS.Timeout | undefined;
  const path = (node: string, name = FILE): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startSite(
      [{ name: HUB, extra: { role: 'coordinator', gpu: 'none' } }, ...NODES.map((name) => ({ name }))],
      [MODEL],
    );
    config = await site.configure('pins');
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    age(HUB, GOOD, 2);
    await firm();
  });

  afterEach(() => clearInterval(pushing));

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  /** Gives a node these bytes, written so many days ago; with them a sidecar of the same time. */
  function age(node: string, bytes: Buffer, days: number): void {
    writeFileSync(path(node), bytes);
    const then = Math.floor(Date.now() / 1_000) - days * DAY_S;
    utimesSync(path(node), then, then);
  }

  /** Two looks, after which what the coordinator holds is on record. */
  async function firm(): Promise<void> {
    for (let look = 0; look < 2; look += 1) await medic('check', MODEL, '--only', 'model-digest');
  }

  /** What a daemon does that pushes the coordinator's files of the last hour again and again. */
  function pushYoungFiles(): void {
    pushing = setInterval(() => {
      if (!existsSync(path(HUB)) || statSync(path(HUB)).mtimeMs < Date.now() - 3_600_000) return;
      for (const node of NODES) {
        if (readFileSync(path(node)).equals(readFileSync(path(HUB)))) continue;
        copyFileSync(path(HUB), path(node, '.pushed'));
        renameSync(path(node, '.pushed'), path(node));
      }
    }, 200);
  }

  async function approved(answer: Record<string, unknown>): Promise<Record<string, unknown>> {
    const plans = listIn(answer['plans']);
    expect(plans).toHaveLength(1);
    const run = await medic('approve', text(plans[0]?.['hash']), '--json');
    expect(run.exit, run.stderr).toBe(0);
    const receipt = objectIn(run.json['receipt']);
    expect(receipt['outcome']).toBe('done');
    return receipt;
  }

  const codes = (answer: Record<string, unknown>): string[] =>
    listIn(answer['findings']).map((one) => `${text(one['node'])} ${text(one['code'])}`);

  it('brings a corrupt file of the coordinator back from a node that holds the recorded digest', async () => {
    const broken = Buffer.from(GOOD);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 0xff;
    writeFileSync(path(HUB), broken);
    const found = await medic('check', '--json');
    expect(codes(found.json)).toEqual([`${HUB} digest_mismatch`]);
    const planned = await medic('fix', '--json');
    expect(planned.exit, planned.stderr).toBe(0);
    expect(text(listIn(planned.json['plans'])[0]?.['summary'])).toContain('so that it can be sent from there again');
    expect(readFileSync(path(HUB)).equals(broken)).toBe(true);
    const receipt = await approved(planned.json);
    expect(readFileSync(path(HUB)).equals(GOOD)).toBe(true);
    const kept = path(HUB, join('.medic/quarantine', text(receipt['id']), `${FILE}.kept`));
    expect(readFileSync(kept).equals(broken)).toBe(true);
    expect((await medic('check', '--fresh', '--json')).exit).toBe(0);
  });

  it('goes back everywhere while a daemon pushes young files, and it stays so', async () => {
    // Nobody plays it any more: it lies beside the model, as the cluster's own promotion leaves it.
    writeFileSync(path(HUB, 'canonical_hex8_2p.backup.pth'), GOOD);
    for (const node of [HUB, ...NODES]) writeFileSync(path(node), WRONG);
    await firm();
    expect((await medic('check', '--json')).exit).toBe(0);
    pushYoungFiles();
    const planned = await medic('revert', MODEL, 'it', 'loses', '--json');
    expect(planned.exit, planned.stderr).toBe(0);
    const [plan] = listIn(planned.json['plans']);
    expect(plan?.['risk']).toBe('replaces-weights');
    expect(text(plan?.['summary'])).toContain('auto-promotion can overwrite it');
    expect(listIn(plan?.['targets'])[0]?.['node']).toBe(HUB);
    await approved(planned.json);
    const right = (): boolean => [HUB, ...NODES].every((node) => readFileSync(path(node)).equals(GOOD));
    expect(right()).toBe(true);
    // The old time is what keeps the daemon from taking it for new.
    expect(statSync(path(HUB)).mtimeMs).toBeLessThan(Date.now() - DAY_S * 1_000);
    const rounds = Date.now() + 1_000;
    while (Date.now() < rounds) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(right()).toBe(true);
    }
    expect((await medic('check', '--fresh', '--json')).exit).toBe(0);
    const copies = (await medic('history', MODEL, '--copies')).stdout;
    expect(copies).toMatch(/hex8_2p as expected, [0-9a-f]{8}: .*3 nodes play it \(mac-studio, vast-\[1-2\]\)/);
    expect(copies).toMatch(/hex8_2p [0-9a-f]{8}: .*\.medic\/quarantine\//);
    const history = listIn((await medic('history', MODEL, '--json')).json['history']);
    expect(history.map((one) => text(one['by']))).toEqual([
      `pinned by ${me}`,
      'seen on the coordinator',
      'seen on the coordinator',
    ]);
  });

  it('stops when a replaced model is back on the coordinator, lists every candidate, and takes a person’s word', async () => {
    writeFileSync(path(HUB), WRONG);
    const found = await medic('check', '--json');
    expect(codes(found.json)).toEqual([`${HUB} digest_disputed`]);
    const evidence = listTexts(listIn(found.json['findings'])[0]?.['evidence']);
    expect(evidence.find((line) => line.includes('2 nodes play it (vast-[1-2])'))).toMatch(/sound/);
    expect(evidence.find((line) => line.includes('1 node plays it (mac-studio)'))).toBeDefined();
    expect(evidence.join()).toContain('.medic/quarantine/');
    const before = [HUB, ...NODES].map((node) => treeOf(site.node(node).modelsDir));
    const stopped = await medic('fix', '--json');
    expect(stopped.exit).toBe(3);
    expect(stopped.stdout + stopped.stderr).toContain('pin hex8_2p <digest>');
    const stranger = await medic('pin', MODEL, '00000000', '--json');
    expect(stranger.stdout + stranger.stderr).toContain('No known digest of hex8_2p begins with 00000000. There are: ');
    expect([HUB, ...NODES].map((node) => treeOf(site.node(node).modelsDir))).toEqual(before);

    const digest = evidence.find((line) => line.includes('2 nodes play it'))?.slice(0, 8) ?? '';
    await approved((await medic('pin', MODEL, digest, '--json')).json);
    expect(readFileSync(path(HUB)).equals(GOOD)).toBe(true);
    expect((await medic('check', '--fresh', '--json')).exit).toBe(0);
  });

  const other = 'f'.repeat(64);
  it.each([
    ['sidecar', () => writeFileSync(path(HUB, `${FILE}.sha256`), `${other}  ${FILE}\n`)],
    [
      'delivery',
      () =>
        writeLedger(join(dirname(site.node(HUB).modelsDir), 'data', 'coordination', 'delivery_ledger.db'), [
          { node: 'vast-1', status: 'verified', agoS: 0, checksum: other },
        ]),
    ],
  ])('takes a newer %s that disagrees for a dispute, until somebody decides', async (_, dispute) => {
    dispute();
    const found = await medic('check', '--json');
    expect(codes(found.json)).toEqual([`${HUB} digest_disputed`]);
    const evidence = listTexts(listIn(found.json['findings'])[0]?.['evidence']);
    const played = evidence.find((line) => line.includes('3 nodes play it')) ?? '';
    await approved((await medic('pin', MODEL, played.slice(0, 8), '--json')).json);
    expect((await medic('check', '--json')).exit).toBe(0);
    rmSync(path(HUB, `${FILE}.sha256`), { force: true });
    rmSync(join(dirname(site.node(HUB).modelsDir), 'data'), { recursive: true, force: true });
  });

  it('is all taken back where a step fails, the record too', async () => {
    const office = await openOffice(configOf(await site.configure('pins-faults')));
    let failsOn: string | undefined;
    const workshop = openWorkshop(office, (real) => failingPlace(real, () => failsOn));
    const { kit } = workshop;
    const wished = async () => {
      const { incident, scope } = await office.open([HUB, ...NODES], 'revert');
      const wish = { repair: 'pin', params: Params.parse({ to: 'previous', by: me, everywhere: true }) };
      await makePlans(kit, { incident, scope, by: me, inventory: kit.inventory.current().digest, wish });
      const [plan] = (await office.incident(incident)).plans.values();
      if (plan === undefined) throw new Error('nothing was planned');
      return { incident, plan };
    };
    const looks = async (): Promise<void> => {
      for (let look = 0; look < 2; look += 1) await workshop.plan([HUB]);
    };
    try {
      age(HUB, GOOD, 2);
      await looks();
      for (const node of [HUB, ...NODES]) writeFileSync(path(node), WRONG);
      await looks();
      const before = treeOf(site.node(HUB).modelsDir);
      const record = await kit.records.get(MODEL);

      failsOn = HUB;
      const first = await wished();
      const failed = await workshop.run(first.incident, first.plan);
      expect(failed.targets.map(({ node, outcome }) => `${node} ${outcome}`)).toEqual([
        `${HUB} rolled_back`,
        'vast-1 not_started',
        'vast-2 not_started',
      ]);
      expect(treeOf(site.node(HUB).modelsDir)).toEqual(before);
      expect((await kit.records.get(MODEL)).current).toEqual(record.current);

      // Somebody else decided between the plan and its approval: that word stands.
      failsOn = undefined;
      const second = await wished();
      const moved = { ...record, current: record.current && { ...record.current, digest: 'e'.repeat(64) } };
      expect(await kit.records.replace(await kit.records.get(MODEL), moved)).toBe(true);
      const late = await workshop.run(second.incident, second.plan);
      expect(late.targets.every(({ outcome }) => outcome === 'skipped')).toBe(true);
      expect(treeOf(site.node(HUB).modelsDir)).toEqual(before);
      expect(await kit.records.replace(moved, record)).toBe(true);

      // A node that fails is told; what is decided stays decided.
      failsOn = 'vast-1';
      const third = await wished();
      const partly = await workshop.run(third.incident, third.plan);
      expect(partly.targets.map(({ node, outcome }) => `${node} ${outcome}`)).toEqual([
        `${HUB} verified`,
        'vast-1 rolled_back',
        'vast-2 verified',
      ]);
      expect((await kit.records.get(MODEL)).current).toMatchObject({ by: `pinned by ${me}`, provisional: false });

      failsOn = HUB;
      writeFileSync(path(HUB), 'an error page');
      const { incident, plans } = await workshop.plan([HUB]);
      expect(plans.map(({ repair }) => repair)).toEqual(['restore-source']);
      const [plan] = plans;
      if (plan === undefined) throw new Error('nothing was planned');
      expect((await workshop.run(incident, plan)).targets).toMatchObject([{ outcome: 'rolled_back' }]);
      expect(readFileSync(path(HUB), 'utf8')).toBe('an error page');
    } finally {
      await workshop.close();
      await office.close();
    }
  });
});

function listTexts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value.map((item) => text(item));
}

/** Sessions in which putting a file in its place fails on one node, after the bytes have come. */
function failingPlace(real: Sessions, node: () => string | undefined): Sessions {
  const script = actions.get('place-model')?.script;
  return {
    ...real,
    run: async (target, run) =>
      target.name === node() && run.script === script ? injectedFailure : real.run(target, run),
  };
}
