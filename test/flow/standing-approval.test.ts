import { readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecuteJob } from '../../src/contract/dispatch.ts';
import { aliasName, fillModels } from '../../src/demo/fleet/models.ts';
import { type Envelope, type Grant, hashEnvelope, STANDING } from '../../src/domain/envelope.ts';
import { hashPlan, type Plan } from '../../src/domain/plan.ts';
import { executePlan } from '../../src/engine/execute-plan.ts';
import { openSigner } from '../../src/keys/approval-keys.ts';
import { actions } from '../../src/registry/actions.ts';
import { newSecretId } from '../../src/wire.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const nodes = ['vast-1', 'vast-2'];
const alias = aliasName('hex8_2p');
const [ANN, BEN, CAT] = ['cli:ann', 'cli:ben', 'cli:cat'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('what runs under a standing approval', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let office: Office;
  let workshop: Workshop;
  /** After each alias somebody puts a file in its place: the change runs, and its check is not clear. */
  let sabotage = false;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const trees = () => nodes.map((node) => treeOf(site.node(node).modelsDir, { withMedic: true }));

  beforeAll(async () => {
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...nodes.map((name) => ({ name }))],
      ['hex8_2p'],
    );
    const roles = `roles: { operators: [], approvers: ["${ANN}", "${BEN}", "${CAT}"] }`;
    office = await openOffice(configOf(await site.configure('nights', [roles])));
    const setAlias = actions.get('set-alias')?.script ?? '';
    workshop = openWorkshop(office, (real) => ({
      ...real,
      async run(node, run) {
        const result = await real.run(node, run);
        if (!sabotage || run.script !== setAlias) return result;
        unlinkSync(path(node.name, alias));
        writeFileSync(path(node.name, alias), readFileSync('/dev/null'));
        return result;
      },
    }));
  });

  afterAll(async () => {
    await workshop?.close();
    await office?.close();
    await site?.close();
  });

  beforeEach(async () => {
    sabotage = false;
    for (const node of nodes) {
      rmSync(site.node(node).modelsDir, { recursive: true, force: true });
      await fillModels(site.node(node).modelsDir, {
        checkpoints: site.checkpoints,
        promotedAt: new Date(Date.now() - 3_600_000),
        noise: false,
      });
      unlinkSync(path(node, alias));
    }
  });

  function envelope(but: Partial<Envelope> = {}): Envelope {
    const now = Date.now();
    return {
      id: `e-${newSecretId().slice(0, 8)}`,
      cluster: 'nights',
      by: ANN,
      at: new Date(now - 1_000).toISOString(),
      until: new Date(now + 3_600_000).toISOString(),
      repairs: ['link-aliases'],
      models: ['hex8_2p'],
      nodes,
      nodesPerPlan: 2,
      perHour: 10,
      reason: '',
      ...but,
    };
  }

  async function planned(): Promise<{ incident: string; plan: Plan }> {
    const { incident, plans } = await workshop.plan(nodes);
    const plan = plans.find(({ repair }) => repair === 'link-aliases');
    if (plan === undefined) throw new Error('nothing was planned');
    return { incident, plan };
  }

  /** The job that the bot makes of a plan and a grant, both signed with the right key. */
  function jobUnder(incident: string, plan: Plan, grant: Grant): ExecuteJob {
    const signer = openSigner(office.config.stateDir, 'shell');
    const approval = {
      cluster: 'nights',
      plan: hashPlan(plan),
      request: newSecretId(),
      requester: STANDING,
      approvers: [...grant.approvers],
      notAfter: new Date(Date.now() + 600_000).toISOString(),
      standing: hashEnvelope(grant.envelope),
    };
    return { incident, plan, signed: signer.sign(approval), grant: signer.signGrant(grant) };
  }

  const grantOf = (but: Partial<Grant> = {}): Grant => ({
    kind: 'standing',
    envelope: envelope(),
    live: true,
    approvers: [BEN, CAT],
    ...but,
  });

  async function run(job: ExecuteJob) {
    const { request, plan } = job.signed.approval;
    const notAfter = new Date(Date.now() + 600_000).toISOString();
    const requested = { kind: 'requested', request, plan, requester: STANDING, needed: 0, notAfter } as const;
    await office.memory.ledger.append(job.incident, requested);
    await office.memory.ledger.append(job.incident, { kind: 'authorized', signed: job.signed, grant: job.grant });
    await executePlan(workshop.kit, job, new AbortController().signal);
    const { prompts, executions } = await office.incident(job.incident);
    return { prompt: prompts.at(-1), receipt: executions.find((one) => one.request === request)?.finished };
  }

  it('is what is inside its bounds, once', async () => {
    const { incident, plan } = await planned();
    const job = jobUnder(incident, plan, grantOf());
    const { receipt } = await run(job);
    expect(receipt?.targets.map(({ outcome }) => outcome)).toEqual(['verified', 'verified']);
    expect(receipt?.approvers).toEqual([BEN, CAT]);
    for (const node of nodes) unlinkSync(path(node, alias));
    const broken = trees();
    await executePlan(workshop.kit, job, new AbortController().signal);
    expect((await office.entries(incident)).at(-1)?.event).toMatchObject({ kind: 'refused', code: 'request_used' });
    expect(trees()).toEqual(broken);
  });

  it.each<[string, string, (incident: string, plan: Plan) => ExecuteJob]>([
    [
      'a plan of more nodes',
      'outside_standing',
      (...of) => jobUnder(...of, grantOf({ envelope: envelope({ nodesPerPlan: 1 }) })),
    ],
    [
      'a node that it does not name',
      'outside_standing',
      (...of) => jobUnder(...of, grantOf({ envelope: envelope({ nodes: ['vast-1'] }) })),
    ],
    ['shadow', 'outside_standing', (...of) => jobUnder(...of, grantOf({ live: false }))],
    ['one person and its proposer', 'outside_standing', (...of) => jobUnder(...of, grantOf({ approvers: [ANN, BEN] }))],
    [
      'people who are not listed',
      'outside_standing',
      (...of) => jobUnder(...of, grantOf({ approvers: ['cli:eve', 'cli:mallory'] })),
    ],
    [
      'a grant whose bounds were widened after signing',
      'approval_forged',
      (...of) => {
        const job = jobUnder(...of, grantOf({ envelope: envelope({ nodesPerPlan: 1 }) }));
        if (job.grant === undefined) throw new Error('no grant');
        const { grant } = job.grant;
        return {
          ...job,
          grant: { ...job.grant, grant: { ...grant, envelope: { ...grant.envelope, nodesPerPlan: 2 } } },
        };
      },
    ],
    [
      'the grant of another envelope',
      'outside_standing',
      (...of) => ({ ...jobUnder(...of, grantOf()), grant: jobUnder(...of, grantOf()).grant }),
    ],
    [
      'no grant at all',
      'outside_standing',
      (...of) => {
        const { grant: _, ...job } = jobUnder(...of, grantOf());
        return job;
      },
    ],
  ])('is not %s', async (_, code, forge) => {
    const { incident, plan } = await planned();
    const before = trees();
    const { receipt, prompt } = await run(forge(incident, plan));
    expect(receipt).toBeUndefined();
    expect(prompt?.state).toBe('refused');
    expect((await office.entries(incident)).at(-1)?.event).toMatchObject({ kind: 'refused', code });
    expect(trees()).toEqual(before);
  });

  it('is nothing more within the hour when its changes are used up, whatever Redis remembers', async () => {
    const grant = grantOf({ envelope: envelope({ perHour: 3 }) });
    const first = await planned();
    expect((await run(jobUnder(first.incident, first.plan, grant))).receipt?.targets).toHaveLength(2);
    const { redis, prefix } = office.memory;
    await redis.del(`${prefix}:changes`, `${prefix}:orders`);
    for (const node of nodes) unlinkSync(path(node, alias));
    const { incident, plan } = await planned();
    expect((await run(jobUnder(incident, plan, grant))).prompt?.ended?.why).toContain(
      '3 changes an hour, and 2 were made',
    );
  });

  it('ends at the first change that does not go well, also for a worker whose Redis has forgotten it', async () => {
    const grant = grantOf();
    const { incident, plan } = await planned();
    sabotage = true;
    const { receipt } = await run(jobUnder(incident, plan, grant));
    expect(receipt?.note).toContain(`${grant.envelope.id} is stopped`);
    sabotage = false;
    for (const node of nodes) rmSync(path(node, alias), { force: true });
    await office.memory.redis.del(`${office.memory.prefix}:orders`);
    const again = await planned();
    const before = trees();
    expect((await run(jobUnder(again.incident, again.plan, grant))).prompt?.ended?.why).toContain('was stopped');
    expect(trees()).toEqual(before);
  });
});
