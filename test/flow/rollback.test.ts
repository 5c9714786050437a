import { existsSync, readFileSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/contract/sessions.ts';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { Params, type Plan } from '../../src/domain/plan.ts';
import { rollbackOf } from '../../src/domain/rollback.ts';
import { makePlans } from '../../src/engine/make-plan.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { actions } from '../../src/registry/actions.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { injectedFailure } from '../support/flow/injected.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, me, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';

const NODE = 'vast-1';
const configs = ['hex8_2p', 'hex8_4p'];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('the way back', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (name: string): string => join(site.node(NODE).modelsDir, name);
  const tree = (): Record<string, string> => treeOf(site.node(NODE).modelsDir);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    site = await startSite(
      [{ name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } }, { name: NODE }],
      configs,
    );
    config = await site.configure('back', [
      ...soleApprover,
      'limits: { diskWarnPercent: 100, quarantineGenerations: 1 }',
    ]);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  /** A cut model, a model with its alias gone. */
  function damage(): void {
    truncateSync(path(canonicalName('hex8_2p')), 100_000);
    unlinkSync(path(aliasName('hex8_2p')));
    unlinkSync(path(canonicalName('hex8_4p')));
  }

  /** Approves the one plan of an answer and gives its receipt's id. */
  async function approved(answer: Record<string, unknown>): Promise<string> {
    const plans = listIn(answer['plans']);
    expect(plans).toHaveLength(1);
    const run = await medic('approve', text(plans[0]?.['hash']), '--json');
    expect(run.exit, run.stderr).toBe(0);
    const receipt = objectIn(run.json['receipt']);
    expect(receipt['outcome']).toBe('done');
    return text(receipt['id']);
  }

  it('goes from a typed receipt to the bytes that were there before, and forth again', {
    timeout: 300_000,
  }, async () => {
    damage();
    const wrong = tree();
    const first = await approved((await medic('fix', '--json')).json);
    const right = tree();
    expect(right).not.toEqual(wrong);

    const back = await medic('rollback', first, '--json');
    expect(back.exit, back.stderr).toBe(0);
    expect(tree()).toEqual(right);
    const second = await approved(back.json);
    expect(tree()).toEqual(wrong);
    expect((await medic('check', '--json')).exit).toBe(1);
    const again = await medic('rollback', first);
    expect(again.exit).toBe(0);
    expect(again.stdout).toContain('nothing to do');

    const third = await approved((await medic('rollback', second, '--json')).json);
    expect(tree()).toEqual(right);
    expect((await medic('check', '--fresh', '--json')).exit).toBe(0);

    expect((await medic('receipt', third, '--verify')).exit).toBe(0);

    // Something newer stands there now: nobody takes it away by an old receipt.
    rmSync(path(aliasName('hex8_2p')));
    writeFileSync(path(aliasName('hex8_2p')), 'put there by hand');
    const before = tree();
    expect((await medic('receipt', third, '--verify')).stdout).toContain('alias_not_a_link');
    const refused = await medic('rollback', third, '--json');
    expect(refused.exit).toBe(3);
    expect(refused.stdout + refused.stderr).toContain('changed after');
    expect(tree()).toEqual(before);
  });

  it('ends where what it needs was deleted by a plan, which is listed, said and approved first', {
    timeout: 300_000,
  }, async () => {
    rmSync(path(aliasName('hex8_2p')));
    symlinkSync(canonicalName('hex8_2p'), path(aliasName('hex8_2p')));
    damage();
    const older = await approved((await medic('fix', '--json')).json);
    damage();
    const newer = await approved((await medic('fix', '--json')).json);
    const right = tree();

    const list = await medic('quarantine', '--json');
    expect(list.exit, list.stderr).toBe(0);
    const states = listIn(list.json['quarantine'])
      .filter(({ name, receipt }) => name === canonicalName('hex8_2p') && [older, newer].includes(text(receipt)))
      .map(({ receipt, state, bytes }) => [receipt, state, bytes]);
    expect(states).toEqual([
      [newer, 'last_good', expect.any(Number)],
      [older, 'expired', expect.any(Number)],
    ]);
    const words = (await medic('quarantine', 'on', NODE)).stdout;
    expect(words).toMatch(/^\d+ replaced files .* kept on 1 of 1 node; \d+ files have had their time: deleting frees/);
    expect(words).toContain(`${older}  ${canonicalName('hex8_2p')}`);
    expect(words).toContain('next: npx medic quarantine prune');

    const planned = await medic('quarantine', 'prune', '--json');
    expect(planned.exit, planned.stderr).toBe(0);
    const [plan = {}] = listIn(planned.json['plans']);
    expect(plan).toMatchObject({
      risk: 'disruptive',
      summary: expect.stringContaining('can no longer be rolled back'),
    });
    expect(text(plan['summary'])).toContain(older);
    expect(existsSync(path(`.medic/quarantine/${older}`))).toBe(true);
    const pruning = await approved(planned.json);
    expect(existsSync(path(`.medic/quarantine/${older}/${canonicalName('hex8_2p')}.kept`))).toBe(false);
    expect(existsSync(path(`.medic/quarantine/${newer}/${canonicalName('hex8_2p')}.kept`))).toBe(true);
    expect(tree()).toEqual(right);
    expect((await medic('quarantine', 'prune')).stdout).toContain('nothing to do');

    for (const [receipt, why] of [
      [older, 'it was pruned'],
      [pruning, 'what is deleted is gone'],
    ]) {
      const back = await medic('rollback', receipt ?? '', '--json');
      expect(back.exit).toBe(3);
      expect(back.stdout + back.stderr).toContain(why);
    }
    expect(tree()).toEqual(right);
    expect((await medic('rollback', newer, '--json')).exit).toBe(0);
  });

  it('is taken back itself when one of its steps fails, whichever it is', { timeout: 300_000 }, async () => {
    const office = await openOffice(configOf(await site.configure('back-faults')));
    let failing = '';
    const workshop = openWorkshop(office, (real) => faulty(real, () => failing));
    try {
      damage();
      await workshop.run(...(await onlyPlan(workshop)));
      damage();
      const [incident, plan] = await onlyPlan(workshop);
      const receipt = await workshop.run(incident, plan);
      const right = tree();
      const back = rollbackOf(plan, receipt);
      if (!back.ok) throw new Error(back.refusal.text);
      const steps = plan.targets[0]?.steps.length ?? 0;
      expect(steps).toBe(3);
      for (let index = 0; index < steps; index += 1) {
        const planned = await wished(office, workshop, Params.parse(back.params));
        const step = planned.plan.targets[0]?.steps[index];
        if (step?.kind !== 'run') throw new Error('no step');
        failing = JSON.stringify(step.argv);
        const { targets } = await workshop.run(planned.incident, planned.plan);
        failing = '';
        expect(targets[0], step.title).toMatchObject({
          outcome: 'rolled_back',
          detail: expect.stringContaining('injected'),
        });
        expect(tree(), step.title).toEqual(right);
      }
      const { incident: last, plan: whole } = await wished(office, workshop, Params.parse(back.params));
      expect((await workshop.run(last, whole)).targets[0]?.outcome).toBe('verified');
      expect(readFileSync(path(canonicalName('hex8_2p'))).length).toBe(100_000);
    } finally {
      await workshop.close();
      await office.close();
    }
  });
});

async function onlyPlan(workshop: Workshop): Promise<[string, Plan]> {
  const { incident, plans } = await workshop.plan([NODE]);
  const [plan] = plans;
  if (plan === undefined || plans.length > 1) throw new Error(`${plans.length} plans`);
  return [incident, plan];
}

async function wished(office: Office, { kit }: Workshop, params: Params) {
  const { incident, scope } = await office.open([NODE], 'rollback');
  const { digest: inventory } = kit.inventory.current();
  await makePlans(kit, { incident, scope, by: me, inventory, wish: { repair: 'rollback', params } });
  const [plan] = (await office.incident(incident)).plans.values();
  if (plan === undefined) throw new Error('nothing was planned');
  return { incident, plan };
}

/** Sessions in which the one step with this argv fails before it does anything. */
function faulty(real: Sessions, failing: () => string): Sessions {
  const nameOf = new Map([...actions.values()].map(({ script, name }) => [script, name]));
  return {
    ...real,
    run: async (node, run) =>
      failing() === JSON.stringify([nameOf.get(run.script), ...run.args]) ? injectedFailure : real.run(node, run),
  };
}
