import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCeilings } from '../../src/config/ceilings.ts';
import { createSshKey, knownHostsLine } from '../../src/demo/fleet/ssh-key.ts';
import type { Approval, SignedApproval } from '../../src/domain/approval.ts';
import { Fault } from '../../src/domain/fault.ts';
import { hashPlan, type Plan } from '../../src/domain/plan.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { TargetResult } from '../../src/domain/receipt.ts';
import { createKeyLearner, type LearningKit } from '../../src/engine/learn-keys.ts';
import { readGuardedFile } from '../../src/inventory/guarded-file.ts';
import { openSigner, openVerifier, publicKeyFolder } from '../../src/keys/approval-keys.ts';
import { openFileJournal } from '../../src/keys/file-journal.ts';
import { createOwnKeys } from '../../src/keys/own-keys.ts';
import { createHostKeys } from '../../src/ssh/host-keys.ts';
import { openKnownHostsFile } from '../../src/ssh/known-hosts-file.ts';
import { nodeForTests } from '../ssh/node-for-tests.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';
import { createMemoryOrders } from '../support/builders/memory-orders.ts';
import { ALICE, anApproval, aPlan, aPolicy, aReceipt, aResult, aTarget, BOB, NOON } from '../support/builders/plans.ts';

const HOST = { host: '192.0.2.7', port: 2022 };
const [old, fresh, later] = [keyOf('old'), keyOf('fresh'), keyOf('later')];

function keyOf(name: string) {
  const { publicLine } = createSshKey(name);
  const [type = '', base64 = ''] = publicLine.split(' ');
  return { line: knownHostsLine(HOST, publicLine), key: { type, base64 }, bytes: Buffer.from(base64, 'base64') };
}

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-learn-'));
  path = join(folder, 'known_hosts');
  writeFileSync(path, old.line, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What people approve who know vast-3 by its new key, and the one that it had. */
function trustPlan(key = fresh.key, withdrawn = [old.key]): Plan {
  const step = { id: 's1', title: 'know vast-3', timeoutMs: 20_000, undo: { kind: 'none', because: 'x' } } as const;
  const shown = { shownAt: ['its address'], silentAt: [], ephemeral: false } as const;
  const steps = [
    { ...step, ...shown, shownAt: [...shown.shownAt], silentAt: [], kind: 'trust' as const, key, withdrawn },
  ];
  const target = aTarget('vast-3', { models: [], before: {}, after: {}, cures: [], steps });
  return aPlan(['vast-3'], { repair: 'trust-host', risk: 'disruptive', targets: [target], verify: ['host-key'] });
}

/** A worker whose known_hosts has the old key; the node shows it `shows`, undefined: nothing. */
function world(but: { shows?: Buffer | undefined; policy?: Partial<Policy>; frozen?: string } = {}) {
  const now = () => new Date(NOON);
  const ledger = createMemoryLedger(now);
  const orders = createMemoryOrders();
  const read = () => readGuardedFile({ path, uid: process.getuid?.() ?? null, bytesMax: 100_000 });
  const opened = openKnownHostsFile({ path, read, onFaults: () => undefined });
  if (!opened.ok) throw new Error('known_hosts cannot be read');
  const here = { shows: 'shows' in but ? but.shows : fresh.bytes };
  const asker = {
    async shownKey() {
      if (here.shows === undefined) throw new Fault('timeout', 'no answer');
      return here.shows;
    },
    drop: async () => undefined,
  };
  const [warned, forgotten]: [string[], string[]] = [[], []];
  const silent = () => undefined;
  const signer = openSigner(folder, 'bot');
  const node = nodeForTests({ name: 'vast-3', addresses: [HOST] });
  const kit: LearningKit = {
    cluster: 'ringrift',
    ledger,
    orders,
    inventory: { current: () => ({ nodes: [node], digest: 'a'.repeat(64), notes: [] }) },
    hostKeys: createHostKeys({ file: opened.file, asker }),
    digests: { forget: async (name) => void forgotten.push(name) },
    journal: openFileJournal(join(folder, 'requests')),
    verifier: openVerifier(publicKeyFolder(folder)),
    ownKeys: createOwnKeys({}),
    policy: () => aPolicy(but.policy),
    ceilings: () => readCeilings(join(folder, 'ceilings.yaml'), process.getuid?.() ?? null),
    frozen: async () => but.frozen,
    now,
    logger: { info: silent, warn: (_, text) => void warned.push(text), error: silent },
  };
  let count = 0;
  /** What the other worker left in the ledger. */
  async function ran(
    plan: Plan,
    how: {
      approval?: Partial<Approval>;
      result?: Partial<TargetResult>;
      signed?: (by: SignedApproval) => SignedApproval;
    } = {},
  ) {
    count += 1;
    const [incident, receipt, request] = [`i-0000000${count}`, `r-0000000${count}`, String(count).repeat(32)];
    const scope = { models: ['hex8_2p'], nodes: ['vast-3'], checks: ['host-key'] };
    const signed = signer.sign(anApproval(plan, { request, ...how.approval }));
    const result = aResult('vast-3', { outcome: 'verified', ...how.result });
    await ledger.append(incident, { kind: 'opened', by: ALICE, text: 'trust vast-3', scope });
    await ledger.append(incident, { kind: 'planned', by: ALICE, plans: [plan], refusals: [] });
    await ledger.append(incident, { kind: 'authorized', signed: how.signed?.(signed) ?? signed });
    await ledger.append(incident, { kind: 'execution_started', receipt, request, plan: hashPlan(plan) });
    await ledger.append(incident, { kind: 'target_ended', receipt, result });
    await ledger.append(incident, {
      kind: 'executed',
      receipt: { ...aReceipt([result]), id: receipt, incident },
    });
    return request;
  }
  return { here, kit, ran, warned, forgotten, orders, learn: createKeyLearner(kit) };
}

const hosts = () => readFileSync(path, 'utf8');

it('takes the key that people approved elsewhere, withdraws the old one, and writes nothing a second time', async () => {
  const { learn, ran, forgotten, kit, warned } = world();
  const request = await ran(trustPlan());
  await learn();
  expect(hosts()).toContain('@revoked ');
  expect(hosts()).toContain(fresh.key.base64);
  expect(forgotten).toEqual(['vast-3']);
  expect(await kit.journal.begun(request)).toBe(true);
  const text = hosts();
  await learn();
  expect(hosts()).toBe(text);
  expect(warned).toEqual([]);
});

it('follows two rebuilds in the order in which they were', async () => {
  const { learn, ran, here } = world({ shows: later.bytes });
  await ran(trustPlan());
  await ran(trustPlan(later.key, [old.key, fresh.key]));
  await learn();
  // The first key is shown no more, so it never counts here.
  expect(hosts()).toContain(later.key.base64);
  expect(
    hosts()
      .split('\n')
      .filter((line) => line.includes(fresh.key.base64)),
  ).toEqual([expect.stringMatching(/^@revoked /)]);
  here.shows = fresh.bytes;
  await learn();
  expect(
    hosts()
      .split('\n')
      .filter((line) => line.includes(fresh.key.base64)),
  ).toHaveLength(1);
});

it.each([
  ['no signature of the bot', { signed: (by: SignedApproval) => ({ ...by, signature: 'AAAA' }) }, 'cannot verify'],
  ['another plan', { approval: { plan: 'f'.repeat(64) } }, 'hash differs'],
  ['another cluster', { approval: { cluster: 'elsewhere' } }, 'for cluster'],
  ['nobody but who asked', { approval: { approvers: [ALICE] } }, 'may not approve'],
  ['an approval that had ended', { approval: { notAfter: '2026-03-01T11:00:00.000Z' } }, 'ended at'],
])('takes nothing by %s, and says so once', async (_, how, why) => {
  const { learn, ran, warned } = world();
  await ran(trustPlan(), how);
  await learn();
  await learn();
  expect(hosts()).toBe(old.line);
  expect(warned).toEqual([expect.stringContaining(why)]);
});

it('takes nothing of a run that was not verified', async () => {
  const { learn, ran } = world();
  await ran(trustPlan(), { result: { outcome: 'rolled_back' } });
  await learn();
  expect(hosts()).toBe(old.line);
});

it('waits until the node shows the key here, and takes no other', async () => {
  const { learn, ran, here, warned } = world({ shows: undefined });
  await ran(trustPlan());
  await learn();
  here.shows = later.bytes;
  await learn();
  expect(hosts()).toBe(old.line);
  expect(warned).toEqual([expect.stringContaining('no host key'), expect.stringContaining('another host key')]);
  here.shows = fresh.bytes;
  await learn();
  expect(hosts()).toContain(fresh.key.base64);
});

it('leaves alone what a person wrote here meanwhile', async () => {
  const { learn, ran, warned } = world();
  writeFileSync(path, later.line, { mode: 0o600 });
  await ran(trustPlan());
  await learn();
  expect(hosts()).toBe(later.line);
  expect(warned).toEqual([expect.stringContaining('does not name')]);
});

it.each([
  ['this worker may change nothing', { frozen: 'a file says so' }],
  ['the installation only observes', { policy: { mode: 'observe' as const } }],
  ['who approved may do so no more', { policy: { approvers: [] } }],
])('takes nothing while %s', async (_, but) => {
  const { learn, ran } = world(but);
  await ran(trustPlan());
  await learn();
  expect(hosts()).toBe(old.line);
});

it.each(['never: { repairs: [trust-host] }', 'never: { nodes: [vast-*] }', 'never: ['])(
  'takes nothing that the ceilings of this worker forbid: %s',
  async (ceilings) => {
    writeFileSync(join(folder, 'ceilings.yaml'), `${ceilings}\n`, { mode: 0o600 });
    const { learn, ran } = world();
    await ran(trustPlan());
    await learn();
    expect(hosts()).toBe(old.line);
  },
);

it('takes nothing while the cluster is read-only', async () => {
  const { learn, ran, orders } = world();
  await orders.append({ kind: 'readonly', by: BOB, at: NOON, on: true, reason: 'x' });
  await ran(trustPlan());
  await learn();
  expect(hosts()).toBe(old.line);
});
