import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecuteJob } from '../../src/contract/dispatch.ts';
import { aliasName, canonicalName, checkpointOf, fillModels } from '../../src/demo/fleet/models.ts';
import type { Distrust } from '../../src/domain/distrust.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Work } from '../../src/domain/written.ts';
import { openPen } from '../../src/keys/entry-keys.ts';
import { newJobId, signedJob } from '../../src/queue/signed-jobs.ts';
import { newSecretId, openInventory, openMemory } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import {
  honestJob,
  putSigned,
  requestedFor,
  signedAgain,
  signedByStranger,
  withOtherAlias,
} from '../support/flow/forged-jobs.ts';
import { changesOn, forgetChanges, pathLine, writeHoldingPrograms } from '../support/flow/held-node.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, me, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const nodes = ['vast-1', 'vast-2', 'vast-3'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('somebody who can write to Redis', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let office: Office;
  let workers: readonly Root[];
  let queue: Queue;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const fleet = ['mac-studio', ...nodes].map((name) => ({
      name,
      config: [pathLine(bin)],
      ...(name === 'mac-studio' ? { extra: { role: 'coordinator', gpu: 'none' } } : {}),
    }));
    site = await startSite(fleet, ['hex8_2p', 'hex8_4p']);
    const config = await site.configure('attacked', [
      ...soleApprover,
      'limits: { diskWarnPercent: 100, changesPerNodeHour: 60 }',
    ]);
    office = await openOffice(configOf(config));
    queue = new Queue('execute', { connection: office.queues.connection, prefix: office.queues.prefix });
    // Two on one Redis in every case: what one refuses the other must not run.
    workers = await Promise.all([startRoot('worker', config), startRoot('worker', config)]);
  });

  afterAll(async () => {
    await Promise.all((workers ?? []).map((worker) => worker.stop()));
    await queue?.close();
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  beforeEach(async () => {
    for (const node of nodes) {
      rmSync(site.node(node).modelsDir, { recursive: true, force: true });
      await fillModels(site.node(node).modelsDir, {
        checkpoints: site.checkpoints,
        promotedAt: new Date(Date.now() - 3_600_000),
        noise: false,
      });
      unlinkSync(path(node, aliasName('hex8_2p')));
      forgetChanges(site.home(node));
    }
  });

  it.each<{ what: string; code: string; forge: (honest: ExecuteJob) => ExecuteJob }>([
    {
      what: 'a signature of random bytes',
      code: 'approval_forged',
      forge: (job) => ({ ...job, signed: { ...job.signed, signature: randomBytes(64).toString('base64') } }),
    },
    {
      what: 'a key that nobody knows',
      code: 'approval_forged',
      forge: (job) => ({ ...job, signed: signedByStranger(job.signed.approval) }),
    },
    {
      what: 'the name of a key that is a path',
      code: 'approval_forged',
      forge: (job) => ({ ...job, signed: { ...job.signed, key: '../private/shell' } }),
    },
    {
      what: 'an approval altered after signing',
      code: 'approval_forged',
      forge: (job) => ({
        ...job,
        signed: { ...job.signed, approval: { ...job.signed.approval, notAfter: '2099-01-01T00:00:00.000Z' } },
      }),
    },
    {
      what: 'a plan altered after signing',
      code: 'plan_altered',
      forge: (job) => ({ ...job, plan: withOtherAlias(job.plan) }),
    },
    {
      what: 'one byte of the plan changed',
      code: 'plan_altered',
      forge: (job) => ({ ...job, plan: { ...job.plan, summary: `${job.plan.summary}.` } }),
    },
    {
      what: 'one node more in the plan',
      code: 'plan_altered',
      forge: (job) => ({
        ...job,
        plan: { ...job.plan, targets: job.plan.targets.flatMap((target) => [target, { ...target, node: 'vast-2' }]) },
      }),
    },
    {
      what: 'an approval that ended a second ago, by the worker’s own clock',
      code: 'approval_expired',
      forge: (job) => signedAgain(office.config, job, { notAfter: new Date(Date.now() - 1_000).toISOString() }),
    },
    {
      what: 'an approval for another plan',
      code: 'plan_altered',
      forge: (job) => signedAgain(office.config, job, { plan: 'ab'.repeat(32) }),
    },
    {
      what: 'an approval for another cluster',
      code: 'wrong_cluster',
      forge: (job) => signedAgain(office.config, job, { cluster: 'elsewhere' }),
    },
    {
      what: 'an approval whose time is over',
      code: 'approval_expired',
      forge: (job) => signedAgain(office.config, job, { notAfter: '2020-01-01T00:00:00.000Z' }),
    },
    {
      what: 'an approver who is not listed',
      code: 'denied',
      forge: (job) => signedAgain(office.config, job, { approvers: ['cli:mallory'] }),
    },
    {
      what: 'an approver who is not listed beside one who is',
      code: 'denied',
      forge: (job) => signedAgain(office.config, job, { approvers: [me, 'T0TEAM/U0MALLORY'] }),
    },
  ])('is refused with $what', async ({ code, forge }) => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const honest = honestJob(office.config, incident, plan);
    const forged = forge(honest);
    await refusedAndUnchanged(forged, code);
    // The refusal must not have used the request up, nor may it be a refusal of everything.
    if (forged.signed.approval.request !== honest.signed.approval.request) return;
    await office.memory.ledger.append(incident, requestedFor(honest));
    await office.memory.ledger.append(incident, { kind: 'authorized', signed: honest.signed });
    await office.dispatch.execute(honest);
    // BullMQ knows the request's job already, so the honest one comes under another id, as an attacker's replay would.
    await putSigned(office, queue, honest);
    const receipt = await office.receipt(incident, honest.signed.approval.request);
    expect(receipt.targets.map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it.each<{ what: string; why: Distrust; lie: (work: Work, id: string, job: object) => unknown }>([
    { what: 'nobody signed', why: 'unsigned', lie: (_, __, job) => job },
    {
      what: 'somebody altered by a byte',
      why: 'bad_signature',
      lie: (queue, id, job) =>
        JSON.parse(
          JSON.stringify(signedJob(office.memory.signing, { queue, id }, job)).replace('"vast-1"', '"vast-2"'),
        ),
    },
    {
      what: 'somebody put in again under another id',
      why: 'bad_signature',
      lie: (queue, _, job) => signedJob(office.memory.signing, { queue, id: newJobId(queue) }, job),
    },
    {
      what: 'somebody moved from another queue',
      why: 'bad_signature',
      lie: (_, id, job) => signedJob(office.memory.signing, { queue: 'elsewhere', id }, job),
    },
    {
      what: 'was signed for another cluster',
      why: 'bad_signature',
      lie: (queue, id, job) => signedJob({ ...office.memory.signing, cluster: 'elsewhere' }, { queue, id }, job),
    },
    {
      what: 'nobody known signed',
      why: 'unknown_key',
      lie: (queue, id, job) => ({ ...signedJob(office.memory.signing, { queue, id }, job), key: 'key:mallory' }),
    },
    {
      what: 'a worker signed',
      why: 'not_its_writer',
      lie: (queue, id, job) =>
        signedJob(
          { cluster: office.config.cluster, pen: openPen(office.config.stateDir, 'worker') },
          { queue, id },
          job,
        ),
    },
    {
      what: 'has waited for more than a day',
      why: 'too_old',
      lie: (queue, id, job) =>
        signedJob(office.memory.signing, { queue, id }, job, new Date(Date.now() - 86_400_001).toISOString()),
    },
  ])('makes no worker begin work that $what, and it is said once', async ({ why, lie }) => {
    const { plan } = await linkPlan(['vast-1']);
    const { incident, scope } = await office.open(['vast-1'], 'fix');
    const before = nodes.map((node) => treeOf(site.node(node).modelsDir, { withMedic: true }));
    const inventory = openInventory(office.config, quiet).current().digest;
    const honest = honestJob(office.config, incident, plan);
    const jobs: readonly [Work, object][] = [
      ['execute', honest],
      ['plan', { incident, scope, by: me, inventory }],
      ['check', { incident, scope, fresh: true, inventory }],
      ['execute', { ...honest, again: true }],
    ];
    for (const [work, job] of jobs) {
      const to = new Queue(work, { connection: office.queues.connection, prefix: office.queues.prefix });
      const id = newJobId(work);
      const added = await to.add(work, lie(work, id, job), { attempts: 1, jobId: id });
      await until('the job was judged', async () => ['completed', 'failed'].includes(await added.getState()));
      expect(await added.getState()).toBe('completed');
      await to.close();
    }
    const [, ...told] = (await office.entries(incident)).map(({ event }) => event);
    expect(told).toEqual([expect.objectContaining({ kind: 'set_aside', why, job: 'execute' })]);
    expect(nodes.map((node) => treeOf(site.node(node).modelsDir, { withMedic: true }))).toEqual(before);
    for (const node of nodes) expect(changesOn(site.home(node)), node).toEqual([]);
    // The request is not used up by it.
    await office.memory.ledger.append(incident, requestedFor(honest));
    await office.memory.ledger.append(incident, { kind: 'authorized', signed: honest.signed });
    await office.dispatch.execute(honest);
    const receipt = await office.receipt(incident, honest.signed.approval.request);
    expect(receipt.targets.map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it('is refused while somebody repairs by hand', async () => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await office.memory.ledger.append(incident, { kind: 'held', by: me, until });
    await refusedAndUnchanged(honestJob(office.config, incident, plan), 'on_hold');
  });

  it('is refused by the worker’s own ceilings, whatever the bot allows, and where they cannot be read', async () => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const file = join(office.config.stateDir, 'ceilings.yaml');
    const says = (text: string) => writeFileSync(file, text, { mode: 0o600 });
    try {
      for (const text of [
        'never: { nodes: [vast-*] }',
        'never: { models: [hex8_2p] }',
        'never: { repairs: [link-aliases] }',
      ]) {
        says(`${text}\n`);
        await refusedAndUnchanged(honestJob(office.config, incident, plan), 'ceiling_reached');
      }
      says('never: {\n');
      await refusedAndUnchanged(honestJob(office.config, incident, plan), 'ceiling_reached');
      // The caps of medic.yaml are far away; those of the machine are not.
      says('changesPerNodeHour: 0\n');
      const request = await office.approve(incident, plan);
      const receipt = await office.receipt(incident, request);
      expect(receipt.targets).toMatchObject([
        { outcome: 'not_started', detail: expect.stringContaining('ceilings.yaml') },
      ]);
      expect(changesOn(site.home('vast-1'))).toEqual([]);
    } finally {
      rmSync(file);
    }
  });

  it('is refused while desk and worker have read different roles, and approved by nobody', async () => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const { orders } = office.memory;
    const setup = (await orders.standing()).setups.get('worker')?.setup;
    if (setup === undefined) throw new Error('the worker has not said what it has read');
    const said = { kind: 'configured', side: 'desk', at: new Date().toISOString() } as const;
    await orders.append({ ...said, setup: { ...setup, roles: 'ab'.repeat(32) } });
    try {
      await refusedAndUnchanged(honestJob(office.config, incident, plan), 'inventory_differs');
      await expect(office.approve(incident, plan)).rejects.toThrow('roles and approvals differ');
    } finally {
      await orders.append({ ...said, setup });
    }
    await office.receipt(incident, await office.approve(incident, plan));
  });

  it('is refused when the cluster was changed as often as it may be within the hour', async () => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const { redis, prefix } = office.memory;
    const nowMs = Date.now();
    for (let index = 0; index < 60; index += 1) await redis.zadd(`${prefix}:changes`, nowMs, `vast-1 ${index}`);
    try {
      await refusedAndUnchanged(honestJob(office.config, incident, plan), 'cap_reached');
      await expect(office.approve(incident, plan)).rejects.toThrow('cap_reached');
    } finally {
      await redis.del(`${prefix}:changes`);
    }
  });

  it('cannot run an approved plan a second time, with the same job or without what Redis remembers', async () => {
    const { incident, plan } = await linkPlan(['vast-1']);
    const request = await office.approve(incident, plan);
    await office.receipt(incident, request);
    await idle();
    const job = await jobOf(incident, plan);
    unlinkSync(path('vast-1', aliasName('hex8_2p')));
    forgetChanges(site.home('vast-1'));
    await refusedAndUnchanged(job, 'request_used');
    const { redis, prefix } = office.memory;
    const keep = new Set([`${prefix}:incident:${incident}`, `${prefix}:all`]);
    const keys = (await redis.keys(`${prefix}:*`)).filter((key) => !keep.has(key) && !key.includes(':queue:'));
    expect(keys.length).toBeGreaterThan(3);
    await redis.del(keys);
    await redis.del(`${office.queues.prefix}:execute:request-${request}`);
    await refusedAndUnchanged(job, 'request_used');
    const kinds = (await office.entries(incident)).map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === 'execution_started')).toHaveLength(1);
  });

  it('cannot make two workers run one approval twice', async () => {
    const { incident, plan } = await linkPlan(nodes);
    const request = await office.approve(incident, plan);
    const job = await jobOf(incident, plan);
    await Promise.all(Array.from({ length: 6 }, () => putSigned(office, queue, job)));
    const receipt = await office.receipt(incident, request);
    await idle();
    expect(receipt.targets.map(({ outcome }) => outcome)).toEqual(['verified', 'verified', 'verified']);
    const entries = (await office.entries(incident)).map(({ event }) => event);
    expect(entries.filter(({ kind }) => kind === 'execution_started')).toHaveLength(1);
    expect(entries.filter((event) => event.kind === 'refused' && event.code === 'request_used')).toHaveLength(6);
    expect((await office.incident(incident)).prompts.find((prompt) => prompt.request === request)?.state).toBe(
      'executed',
    );
    for (const node of nodes) expect(changesOn(site.home(node)), node).toEqual([aliasName('hex8_2p')]);
  });

  it('a node that moved after the plan is skipped and listed, the others are repaired', async () => {
    const { incident, plan } = await linkPlan(nodes);
    symlinkSync(canonicalName('hex8_4p'), path('vast-2', aliasName('hex8_2p')));
    const moved = treeOf(site.node('vast-2').modelsDir);
    const receipt = await office.receipt(incident, await office.approve(incident, plan));
    expect(Object.fromEntries(receipt.targets.map(({ node, outcome }) => [node, outcome]))).toEqual({
      'vast-1': 'verified',
      'vast-2': 'skipped',
      'vast-3': 'verified',
    });
    expect(receipt.targets.find(({ node }) => node === 'vast-2')?.detail).toContain('changed after the plan');
    expect(treeOf(site.node('vast-2').modelsDir)).toEqual(moved);
    expect(changesOn(site.home('vast-2'))).toEqual([]);
  });

  it('more nodes moved than the drift limit allows: nothing runs', async () => {
    const { incident, plan } = await linkPlan(nodes);
    for (const node of ['vast-2', 'vast-3']) symlinkSync(canonicalName('hex8_4p'), path(node, aliasName('hex8_2p')));
    const receipt = await office.receipt(incident, await office.approve(incident, plan));
    expect(receipt.targets.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'skipped']);
    for (const node of nodes) expect(changesOn(site.home(node)), node).toEqual([]);
  });

  it('a source that changed after the plan voids all of it', async () => {
    for (const node of nodes) writeFileSync(path(node, canonicalName('hex8_2p')), checkpointOf('hex8_2p', 8));
    const { incident, plans } = await office.plan(nodes);
    const plan = plans.find(({ repair }) => repair === 'resync-model');
    if (plan === undefined) throw new Error('nothing was planned');
    const source = path('mac-studio', canonicalName('hex8_2p'));
    const newer = checkpointOf('hex8_2p', 9);
    const before = nodes.map((node) => treeOf(site.node(node).modelsDir));
    writeFileSync(source, newer);
    await utimes(source, new Date(), new Date());
    try {
      const receipt = await office.receipt(incident, await office.approve(incident, plan));
      expect(receipt.targets.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'skipped']);
      expect(receipt.targets[0]?.detail).toMatch(/hex8_2p/);
      expect(nodes.map((node) => treeOf(site.node(node).modelsDir))).toEqual(before);
    } finally {
      writeFileSync(source, checkpointOf('hex8_2p'));
    }
  });

  describe('and would count as somebody who says yes', () => {
    const [bob, carol] = ['T0TEAM/U0BOB', 'T0TEAM/U0CAROL'];
    let bank: Office;
    let teller: Root;

    beforeAll(async () => {
      const roles = `roles: { operators: ["${me}"], approvers: [${bob}, ${carol}, cli:dave] }`;
      const rules = ['approvals: { restore: 2, few: 0 }', 'limits: { diskWarnPercent: 100, changesPerNodeHour: 60 }'];
      const config = await site.configure('counted', [roles, ...rules]);
      bank = await openOffice(configOf(config));
      teller = await startRoot('worker', config);
    });
    afterAll(async () => {
      await teller?.stop();
      await bank?.close();
    });

    type Forger = (at: { incident: string; request: string; rowOf: (event: object) => string[] }) => Promise<unknown>;
    const straight = (incident: string, fields: readonly string[]) =>
      bank.memory.redis.xadd(`${bank.memory.prefix}:incident:${incident}`, '*', ...fields);
    const signedRow = async (incident: string): Promise<string[]> =>
      (await bank.memory.redis.xrange(`${bank.memory.prefix}:incident:${incident}`, '-', '+')).at(-1)?.[1] ?? [];

    it.each<{ what: string; why: string; forge: Forger }>([
      {
        what: 'written straight in a Slack person’s name',
        why: 'unsigned',
        forge: ({ incident, request, rowOf }) => straight(incident, rowOf({ kind: 'approved', request, by: bob })),
      },
      {
        what: 'written straight in a shell person’s name',
        why: 'unsigned',
        forge: ({ incident, request, rowOf }) =>
          straight(incident, rowOf({ kind: 'approved', request, by: 'cli:dave' })),
      },
      {
        what: 'signed by the bot and altered by a byte',
        why: 'bad_signature',
        async forge({ incident, request }) {
          const other = (await bank.plan(['vast-2'])).incident;
          await bank.memory.ledger.append(other, { kind: 'approved', request, by: 'T0TEAM/U0BOC' });
          await straight(
            incident,
            (await signedRow(other)).map((field) => field.replace('U0BOC', 'U0BOB')),
          );
        },
      },
      {
        what: 'signed by the bot for another incident',
        why: 'bad_signature',
        async forge({ incident, request }) {
          const other = (await bank.plan(['vast-2'])).incident;
          await bank.memory.ledger.append(other, { kind: 'approved', request, by: bob });
          await straight(incident, await signedRow(other));
        },
      },
      {
        what: 'signed by a worker',
        why: 'not_its_writer',
        async forge({ incident, request }) {
          const memory = await openMemory(bank.config, quiet, 'worker');
          await memory.ledger.append(incident, { kind: 'approved', request, by: bob });
          await memory.close();
        },
      },
      {
        what: 'signed by the shell in a Slack person’s name',
        why: 'not_its_writer',
        async forge({ incident, request }) {
          const memory = await openMemory(bank.config, quiet, 'shell');
          await memory.ledger.append(incident, { kind: 'approved', request, by: bob });
          await memory.close();
        },
      },
    ])('is not counted when the yes is $what', async ({ why, forge }) => {
      for (const node of nodes) writeFileSync(path(node, canonicalName('hex8_2p')), checkpointOf('hex8_2p', 8));
      const { incident, plans } = await bank.plan(['vast-1']);
      const plan = plans.find(({ repair }) => repair === 'resync-model');
      if (plan === undefined) throw new Error('nothing was planned');
      const request = await bank.desk.request({ incident, plan, requester: me, once: newSecretId() });
      if (request === undefined) throw new Error('no prompt');
      const rowOf = (event: object) => ['at', new Date().toISOString(), 'event', JSON.stringify(event)];
      await forge({ incident, request, rowOf });
      // Carol's own yes is the one that would make it two.
      expect(await bank.desk.approve(request, carol)).toMatchObject({ kind: 'counted', have: 1, needed: 2 });
      expect((await bank.entries(incident)).map(({ event }) => event.kind)).not.toContain('authorized');
      expect((await bank.memory.ledger.setAside(incident)).map((aside) => aside.why)).toEqual([why]);
      // The honest yes of the same person still makes it run.
      const other = why === 'unsigned' ? 'cli:dave' : bob;
      expect(await bank.desk.approve(request, other)).toMatchObject({ kind: 'running' });
      await bank.receipt(incident, request);
    });
  });

  async function idle(): Promise<void> {
    await until('no job is left', async () => (await queue.getJobCountByTypes('active', 'waiting')) === 0);
  }

  async function linkPlan(on: readonly string[]): Promise<{ incident: string; plan: Plan }> {
    const { incident, plans } = await office.plan(on);
    const [plan] = plans;
    if (plan === undefined) throw new Error('nothing was planned');
    expect(plans.map(({ repair }) => repair)).toEqual(['link-aliases']);
    return { incident, plan };
  }

  /** Puts the job where the worker takes its work from; the entry that says why is the only thing that comes of it. */
  async function refusedAndUnchanged(job: ExecuteJob, code: string): Promise<void> {
    const before = nodes.map((node) => treeOf(site.node(node).modelsDir, { withMedic: true }));
    const known = (await office.entries(job.incident)).length;
    const added = await putSigned(office, queue, job);
    await until('the job was judged', async () => ['completed', 'failed'].includes(await added.getState()));
    const fresh = (await office.entries(job.incident)).slice(known).map(({ event }) => event);
    expect(fresh).toEqual([expect.objectContaining({ kind: 'refused', code })]);
    expect(nodes.map((node) => treeOf(site.node(node).modelsDir, { withMedic: true }))).toEqual(before);
    for (const node of nodes) expect(changesOn(site.home(node)), node).toEqual([]);
  }

  async function jobOf(incident: string, plan: Plan): Promise<ExecuteJob> {
    const event = (await office.entries(incident))
      .map((entry) => entry.event)
      .find(({ kind }) => kind === 'authorized');
    if (event?.kind !== 'authorized') throw new Error('nothing was signed');
    return { incident, plan, signed: event.signed };
  }
});
