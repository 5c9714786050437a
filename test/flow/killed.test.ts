import { readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import {
  changedBy,
  changesOn,
  forgetChanges,
  hold,
  isHeld,
  type Moment,
  pathLine,
  writeHoldingPrograms,
} from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const configs = ['hex8_2p', 'hex8_4p'];
/** As many executions as one worker runs at once. */
const AT_ONCE = 8;
const filled = Array.from({ length: 13 }, (_, index) => `fill-${index + 1}`);
const replaced = Array.from({ length: 6 }, (_, index) => `replace-${index + 1}`);

type Case = { readonly node: string; readonly moment: Moment; readonly plan: Plan; readonly incident: string };
type Running = Case & { readonly request: string; readonly before: Record<string, string> };

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a worker killed with SIGKILL', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let office: Office;
  let worker: Root;
  const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
  const tree = (node: string): Record<string, string> => treeOf(site.node(node).modelsDir);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const nodes = [...filled, ...replaced].map((name) => ({ name, config: [pathLine(bin)] }));
    site = await startSite([{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, ...nodes], configs);
    config = await site.configure('killed');
    office = await openOffice(configOf(config));
    worker = await startRoot('worker', config);
  });

  afterAll(async () => {
    await worker?.stop();
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  it('while it fills nodes, at each step and around them', async () => {
    for (const node of filled) rmSync(site.node(node).modelsDir, { recursive: true });
    const cases = await casesFor(filled, 5, [{ at: 'arriving' }]);
    await killAndRecover(cases);
  });

  it('while it replaces a model and the file in the place of its alias', async () => {
    for (const node of replaced) {
      truncateSync(path(node, canonicalName('hex8_2p')), 100_000);
      unlinkSync(path(node, aliasName('hex8_2p')));
      writeFileSync(path(node, aliasName('hex8_2p')), checkpointOf('hex8_2p', 7));
    }
    await killAndRecover(await casesFor(replaced, 2, []));
  });

  /** One node for each moment of its plan: before and after each step, at the look before them and at the one after them. */
  async function casesFor(nodes: readonly string[], steps: number, more: readonly Moment[]): Promise<Case[]> {
    const planned = await Promise.all(nodes.map(async (node) => ({ node, ...(await office.plan([node])) })));
    const names = planned[0]?.plans[0]?.targets[0]?.steps.map(changedBy) ?? [];
    expect(names).toHaveLength(steps);
    const around = names.flatMap((name): Moment[] => [
      { at: 'before', name },
      { at: 'after', name },
    ]);
    const moments: Moment[] = [
      { at: 'first look' },
      ...around,
      { at: 'look after', name: names.at(-1) ?? '' },
      ...more,
    ];
    // A step without a node to kill it on would not be tried.
    expect(nodes).toHaveLength(moments.length);
    return planned.map(({ node, incident, plans: [plan] }, index) => {
      const moment = moments[index];
      if (plan === undefined || moment === undefined) throw new Error(`no plan for ${node}`);
      expect(plan.targets[0]?.steps.map(changedBy)).toEqual(names);
      return { node, moment, plan, incident };
    });
  }

  async function killAndRecover(cases: readonly Case[]): Promise<void> {
    for (let at = 0; at < cases.length; at += AT_ONCE) await killOnce(cases.slice(at, at + AT_ONCE));
    // What was left undone is found and cured like any other fault.
    for (const { node } of cases) forgetChanges(site.home(node));
    await Promise.all(cases.map(({ node }) => cure(node)));
    const healthy = tree('mac-studio');
    for (const { node } of cases) expect(modelsIn(tree(node)), node).toEqual(modelsIn(healthy));
  }

  /** All these plans are stopped at their moments, then the one worker that runs them dies. */
  async function killOnce(cases: readonly Case[]): Promise<void> {
    const running: Running[] = [];
    for (const one of cases) {
      hold(site.home(one.node), one.moment);
      const before = tree(one.node);
      running.push({ ...one, before, request: await office.approve(one.incident, one.plan) });
    }
    for (const { node, moment } of running) {
      await until(`${node} waits at ${JSON.stringify(moment)}`, () => isHeld(site.home(node)));
    }
    const told = new Map(
      await Promise.all(running.map(async ({ node, incident }) => [node, await stepsTold(incident)] as const)),
    );
    await worker.kill();
    for (const { node } of running) {
      await until(`what ran on ${node} ends with its worker`, () => !isHeld(site.home(node)));
      hold(site.home(node), undefined);
    }
    const atDeath = new Map(running.map(({ node }) => [node, changesOn(site.home(node))]));
    worker = await startRoot('worker', config);
    for (const one of running) await expectTruth(one, told.get(one.node) ?? []);
    await queueIsEmpty();
    for (const { node, moment, incident } of running) {
      const where = `${node} ${JSON.stringify(moment)}`;
      // Nothing went on after the death, nothing ran twice.
      expect(changesOn(site.home(node)), where).toEqual(atDeath.get(node));
      expect(new Set(changesOn(site.home(node))).size, where).toBe(changesOn(site.home(node)).length);
      const kinds = (await office.entries(incident)).map(({ event }) => event.kind);
      expect(
        kinds.filter((kind) => kind === 'execution_started'),
        where,
      ).toHaveLength(1);
      expect(
        kinds.filter((kind) => kind === 'executed'),
        where,
      ).toHaveLength(1);
      const left = Object.keys(tree(node)).filter((name) => name.startsWith('.medic-'));
      expect(left, `${where}: temporaries are left`).toEqual([]);
    }
  }

  async function expectTruth(
    { node, moment, plan, incident, request, before }: Running,
    told: readonly string[],
  ): Promise<void> {
    const where = `${node} ${JSON.stringify(moment)}`;
    const receipt = await office.receipt(incident, request);
    const names = plan.targets[0]?.steps.map(changedBy) ?? [];
    const { outcome = '', detail = '' } = receipt.targets[0] ?? {};
    const last = names.at(-1) ?? '';
    const complete = moment.at === 'look after' || (moment.at === 'after' && moment.name === last);
    expect(`${outcome} (${detail})`, where).toMatch(
      moment.at === 'first look' ? /^not_started/ : complete ? /^verified/ : /^lost/,
    );
    if (moment.at === 'first look') expect(tree(node), where).toEqual(before);
    else if (Object.keys(before).length > 0) {
      // How a person takes it back stands there before the first step, and only what ended well is over.
      const journal = readFileSync(path(node, `.medic/journal/${receipt.id}`), 'utf8');
      expect(journal, where).toContain(`'./${last}'`);
      expect(journal.includes('This is over: verified'), where).toBe(complete);
    }
    if ('name' in moment) {
      // The ledger knew of exactly the steps up to this one, and had seen the end of none that hung.
      const reached = names.indexOf(moment.name) + 1;
      expect(
        told.filter((line) => line.startsWith('started')),
        where,
      ).toHaveLength(reached);
      expect(
        told.filter((line) => line.startsWith('ended')),
        where,
      ).toHaveLength(moment.at === 'look after' ? reached : reached - 1);
      expect(changesOn(site.home(node)), where).toEqual(names.slice(0, moment.at === 'before' ? reached - 1 : reached));
    }
    const look = await office.look([node]);
    expect(look.unknown, where).toEqual([]);
    expect(look.findings.length === 0, where).toBe(complete);
  }

  async function stepsTold(incident: string): Promise<string[]> {
    return (await office.entries(incident)).flatMap(({ event }) => {
      if (event.kind === 'step_started') return [`started ${event.step}`];
      return event.kind === 'step_ended' ? [`ended ${event.step}`] : [];
    });
  }

  /** The jobs whose worker died are given up by the queue, not handed out again. */
  async function queueIsEmpty(): Promise<void> {
    const queue = new Queue('execute', { connection: office.queues.connection, prefix: office.queues.prefix });
    await until(
      'no execution is left in the queue',
      async () => {
        const { active = 0, waiting = 0 } = await queue.getJobCounts('active', 'waiting');
        return active + waiting === 0;
      },
      300_000,
    );
    await queue.close();
  }

  async function cure(node: string): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      const { incident, plans, refusals } = await office.plan([node]);
      expect(refusals, node).toEqual([]);
      for (const plan of plans) {
        const receipt = await office.receipt(incident, await office.approve(incident, plan));
        expect(
          receipt.targets.map(({ outcome }) => outcome),
          node,
        ).toEqual(['verified']);
      }
      if (plans.length === 0) return;
    }
    throw new Error(`${node} is not cured after three repairs`);
  }
});

/** Models and aliases: the fleet's healthy nodes have checksum files too, which no repair makes. */
function modelsIn(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => name.endsWith('.pth')));
}
