import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptResult, Sessions } from '../../src/contract/sessions.ts';
import { canonicalName, fillModels } from '../../src/demo/fleet/models.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import { actions } from '../../src/registry/actions.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { filled, scenarios, unmade } from '../support/flow/broken-node.ts';
import {
  changedBy,
  changesOn,
  failAt,
  forgetChanges,
  hold,
  isHeld,
  pathLine,
  writeHoldingPrograms,
} from '../support/flow/held-node.ts';
import { injectedFailure } from '../support/flow/injected.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const NODE = 'vast-1';
/** What happens to a script on its way to the node: nothing of it, or all of it but the answer. */
type Fault = { readonly kind: 'fails' | 'lost before' | 'lost after' };

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a repair that goes wrong', () => {
  let bin: string;
  let site: Awaited<ReturnType<typeof startSite>>;
  let office: Office;
  let workshop: Workshop;
  /** Asked for each change of a node, by the name of its action and the name that it changes. */
  let faultFor: (action: string, changed: string) => Fault | undefined = () => undefined;
  const sent: string[] = [];
  /** Called just before the source's bytes are read. */
  let onReading: () => void = () => undefined;
  const path = (name: string): string => join(site.node(NODE).modelsDir, name);
  const tree = (): Record<string, string> => treeOf(site.node(NODE).modelsDir);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'medic-held-'));
    writeHoldingPrograms(bin);
    const nodes = [
      { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } },
      { name: NODE, config: [pathLine(bin)] },
    ];
    site = await startSite(nodes, filled);
    office = await openOffice(configOf(await site.configure('faults', undefined, [...filled, ...unmade])));
    workshop = openWorkshop(office, (real) => faulty(real));
  });

  afterEach(() => {
    faultFor = () => undefined;
    hold(site.home(NODE), undefined);
    failAt(site.home(NODE), undefined);
  });

  afterAll(async () => {
    await workshop?.close();
    await office?.close();
    await site?.close();
    await rm(bin, { recursive: true, force: true });
  });

  describe.each(Object.keys(scenarios))('%s', (repair) => {
    it('cures what it is for', async () => {
      const { incident, plan } = await broken(repair);
      expect(await outcomeOf(incident, plan)).toMatch(/^verified/);
    });

    it('is taken back when a step says that it failed', async () => {
      for (const name of await namesOf(repair)) {
        const { incident, plan, before } = await broken(repair);
        faultFor = (action, changed) => (changed === name && !action.startsWith('un') ? { kind: 'fails' } : undefined);
        expect(await outcomeOf(incident, plan), name).toMatch(/^rolled_back.*injected/);
        expect(tree(), name).toEqual(before);
      }
    });

    it('is taken back when a program on the node fails', async () => {
      for (const name of await namesOf(repair)) {
        const { incident, plan, before } = await broken(repair);
        failAt(site.home(NODE), name);
        expect(await outcomeOf(incident, plan), name).toMatch(/^rolled_back.*[Nn]o space left/);
        expect(tree(), name).toEqual(before);
        failAt(site.home(NODE), undefined);
      }
    });

    it('is stuck when a step cannot be taken back either', async () => {
      const names = await namesOf(repair);
      for (const [index, name] of names.entries()) {
        const earlier = names[index - 1];
        if (earlier === undefined) continue;
        const { incident, plan } = await broken(repair);
        faultFor = (action, changed) => {
          if (action.startsWith('un')) return changed === earlier ? { kind: 'fails' } : undefined;
          return changed === name ? { kind: 'fails' } : undefined;
        };
        expect(await outcomeOf(incident, plan), name).toMatch(/^stuck.*undoing.*injected/);
        expect((await office.incident(incident)).status, name).toBe('needs_a_human');
      }
    });

    it.each(['lost before', 'lost after'] as const)(
      'is measured and never run again when the connection is %s a step ends',
      async (kind) => {
        const names = await namesOf(repair);
        for (const name of names) {
          const { incident, plan } = await broken(repair);
          faultFor = (action, changed) => (changed === name && !action.startsWith('un') ? { kind } : undefined);
          const cured = kind === 'lost after' && name === names.at(-1);
          expect(await outcomeOf(incident, plan), name).toMatch(
            cured ? /^verified.*looked again/ : /^lost.*looked again/,
          );
          const reached = names.slice(0, names.indexOf(name) + 1);
          expect(sent, name).toEqual(reached);
          expect(changesOn(site.home(NODE)), name).toEqual(kind === 'lost after' ? reached : reached.slice(0, -1));
        }
      },
    );

    it('tells the truth when the node goes away in the middle of a step', async () => {
      for (const [index, name] of (await namesOf(repair)).entries()) {
        const { incident, plan } = await broken(repair);
        const at = index % 2 === 0 ? 'before' : 'after';
        hold(site.home(NODE), { at, name });
        const ending = outcomeOf(incident, plan);
        await until(`${NODE} waits ${at} ${name}`, () => isHeld(site.home(NODE)));
        await site.node(NODE).stop();
        await site.node(NODE).start();
        hold(site.home(NODE), undefined);
        const outcome = await ending;
        const changes = changesOn(site.home(NODE));
        expect(new Set(changes).size, name).toBe(changes.length);
        const right = (await findingsOf()).length === 0;
        expect(outcome, name).toMatch(right ? /^(verified|lost)/ : /^lost/);
        await site.node(NODE).start();
      }
    });
  });

  it('puts nothing in place when the source changes under a transfer, and brings the right bytes afterwards', async () => {
    const source = join(site.node('mac-studio').modelsDir, canonicalName('hex8_2p'));
    const whole = readFileSync(source);
    const { atime, mtime } = statSync(source);
    const { incident, plan, before } = await broken('resync-model');
    onReading = () => {
      writeFileSync(source, Buffer.from(whole).fill(7, whole.length >> 1));
      utimesSync(source, atime, mtime);
    };
    try {
      expect(await outcomeOf(incident, plan)).toMatch(/^rolled_back.*digest/);
      expect(tree()).toEqual(before);
    } finally {
      onReading = () => undefined;
      writeFileSync(source, whole);
      utimesSync(source, atime, mtime);
    }
    const again = await broken('resync-model');
    expect(await outcomeOf(again.incident, again.plan)).toMatch(/^verified/);
  });

  /** Makes the node whole, breaks it for this repair and plans; nothing else may be planned. */
  async function broken(repair: string): Promise<{ incident: string; plan: Plan; before: Record<string, string> }> {
    faultFor = () => undefined;
    await rm(path(''), { recursive: true, force: true });
    await fillModels(site.node(NODE).modelsDir, {
      checkpoints: site.checkpoints,
      promotedAt: new Date(Date.now() - 3_600_000),
      noise: false,
    });
    scenarios[repair]?.damage(path);
    const before = tree();
    const { incident, plans } = await workshop.plan([NODE]);
    const [plan] = plans;
    if (plan === undefined) throw new Error('nothing was planned');
    expect(plans.map((one) => one.repair)).toEqual([repair]);
    expect(plan.targets[0]?.steps).toHaveLength(scenarios[repair]?.steps ?? 0);
    forgetChanges(site.home(NODE));
    sent.length = 0;
    return { incident, plan, before };
  }

  /** The names that the repair's steps change, in their order. */
  async function namesOf(repair: string): Promise<string[]> {
    return ((await broken(repair)).plan.targets[0]?.steps ?? []).map((step: Step) => changedBy(step));
  }

  async function outcomeOf(incident: string, plan: Plan): Promise<string> {
    const receipt = await workshop.run(incident, plan);
    const [target] = receipt.targets;
    return `${target?.outcome ?? ''} (${target?.detail ?? ''})`;
  }

  async function findingsOf(): Promise<readonly unknown[]> {
    const { incident } = await workshop.plan([NODE]);
    return (await office.incident(incident)).findings;
  }

  function faulty(real: Sessions): Sessions {
    const nameOf = new Map([...actions.values()].map(({ script, name }) => [script, name]));
    return {
      ...real,
      async run(node, run) {
        if (node.name !== NODE && run.onStdout !== undefined) onReading();
        const action = nameOf.get(run.script);
        if (node.name !== NODE || action === undefined || /lease|discard/.test(action)) return real.run(node, run);
        const changed = action.endsWith('make-folder') ? 'models' : (run.args[2] ?? '');
        if (!action.startsWith('un')) sent.push(changed);
        const fault = faultFor(action, changed);
        if (fault?.kind === 'fails') return injectedFailure;
        if (fault?.kind === 'lost before') return lost;
        const result = await real.run(node, run);
        return fault?.kind === 'lost after' ? lost : result;
      },
    };
  }
});

const lost: ScriptResult = { kind: 'unknown', reason: 'lost', detail: 'injected' };
