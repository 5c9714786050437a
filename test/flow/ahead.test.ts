import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ScriptResult, ScriptRun, Sessions } from '../../src/contract/sessions.ts';
import { canonicalName, fillModels } from '../../src/demo/fleet/models.ts';
import type { Event } from '../../src/domain/entry.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { relayHold, relayTake } from '../../src/transports/relay-program.ts';
import { poll, processesWith } from '../ssh/node-for-tests.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { pathLine } from '../support/flow/held-node.ts';
import { injectedFailure } from '../support/flow/injected.ts';
import { openWorkshop, type Workshop } from '../support/flow/kit.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, me, soleApprover, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const [FIRST, SECOND, THIRD] = ['vast-1', 'vast-2', 'vast-3'] as const;
const nodes = [FIRST, SECOND, THIRD];
/** Those that are taken away; a folder without any would be another fault. */
const models = ['hex8_2p', 'hex8_4p'];
const FILE = canonicalName('hex8_2p');
/** With this many bytes a second a file is under way for half a minute. */
const SLOW = '10000';

/** Where `~/tight` is, a temporary file of medic leaves nothing of the disk. */
const TIGHT = `#!/bin/sh
set -- "$@" .medic-[0-9a-f]*
if [ -e "$HOME/tight" ] && [ -e "$3" ]; then
  printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/x 1000 1000 0 100%% /\\n'
else exec /bin/df "$1" "$2"
fi
`;

type Asked = { readonly node: string; readonly run: ScriptRun };

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))(
  'bytes that flow ahead of their turn',
  { timeout: 300_000 },
  () => {
    let bin: string;
    let site: Awaited<ReturnType<typeof startSite>>;
    let office: Office;
    let workshop: Workshop;
    /** Asked before a script goes to a node; what it answers is given instead. */
    let before: (asked: Asked) => Promise<ScriptResult | undefined> | ScriptResult | undefined = () => undefined;
    /** Nodes to which bytes come slowly. */
    const slow = new Set<string>();
    const path = (node: string, name: string): string => join(site.node(node).modelsDir, name);
    const tree = (node: string): Record<string, string> => treeOf(site.node(node).modelsDir);
    const good = (config: string): string => site.checkpoints.get(config)?.digest ?? '';

    beforeAll(async () => {
      const source = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
      bin = await mkdtemp(join(tmpdir(), 'medic-tight-'));
      writeFileSync(join(bin, 'df'), TIGHT);
      chmodSync(join(bin, 'df'), 0o755);
      const others = nodes.map((name) => ({ name, config: [pathLine(bin)] }));
      site = await startSite([source, ...others], [...models, 'square8_2p']);
      const relays = 'transports: { relay: { from: 2, perSource: 1 } }';
      office = await openOffice(configOf(await site.configure('ahead', [...soleApprover, relays])));
      workshop = openWorkshop(office, watched);
    });
    afterEach(() => {
      before = () => undefined;
      slow.clear();
    });
    afterAll(async () => {
      await workshop?.close();
      await office?.close();
      await site?.close();
      await rm(bin, { recursive: true, force: true });
    });

    it('come while the first node is verified, from node to node; no final name before its turn', async () => {
      const { incident, plan } = await lacking(models);
      expect(plan.relay?.map(({ from, to }) => `${from} ${to}`)).toEqual([
        `mac-studio ${FIRST}`,
        `${FIRST} ${SECOND}`,
        `${SECOND} ${THIRD}`,
      ]);
      let holders = 0;
      const gate = gateAt(FIRST, FILE, ({ node, run }) => {
        if (run.script === relayHold && node === 'mac-studio') holders += 1;
      });
      const running = workshop.run(incident, plan);
      await gate.reached;
      // Of the second model the first node has nothing yet, so its file alone is there.
      for (const node of [SECOND, THIRD]) {
        await whole(incident, node, 'step-1');
        expect(Object.values(temporaries(node)), node).toEqual([good('hex8_2p')]);
        expect(tree(node)[FILE], node).toBeUndefined();
        expect(existsSync(path(node, '.medic')), node).toBe(false);
      }
      expect((await office.incident(incident)).executions[0]?.touched).toEqual(new Set([FIRST]));
      gate.open();
      const receipt = await running;
      expect(outcomes(receipt)).toEqual(nodes.map((node) => `${node} verified`));
      expect(receipt.targets.map(({ how }) => how)).toEqual([
        ['by relay from mac-studio'],
        [`ahead of its turn by relay from ${FIRST}`],
        [`ahead of its turn by relay from ${SECOND}`],
      ]);
      expect(holders).toBe(models.length);
      const events = await eventsOf(incident);
      const verified = events.findIndex((event) => event.kind === 'target_ended' && event.result.node === FIRST);
      for (const node of [SECOND, THIRD]) {
        const begun = events.findIndex((event) => event.kind === 'step_started' && event.node === node);
        expect(begun, node).toBeGreaterThan(verified);
        // What came ahead is what was put in place.
        expect(named(events, 'step_started', node), node).toEqual(named(events, 'ahead_started', node));
        for (const config of models) expect(tree(node)[canonicalName(config)], node).toBe(good(config));
      }
      await nothingIsLeft();
    });

    it('are discarded everywhere when the first node fails, and said not to have been started', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      const trees = nodes.map(tree);
      before = async ({ node, run }) => {
        if (node !== FIRST || run.name !== 'place-model') return undefined;
        await Promise.all([SECOND, THIRD].map((one) => whole(incident, one, 'step-1')));
        return injectedFailure;
      };
      const receipt = await workshop.run(incident, plan);
      expect(receipt.targets).toMatchObject([
        { node: FIRST, outcome: 'rolled_back' },
        ...[SECOND, THIRD].map((node) => ({
          node,
          outcome: 'not_started',
          detail: `stopped after ${FIRST}: rolled back; what had come ahead of its turn was discarded`,
        })),
      ]);
      expect(nodes.map(tree)).toEqual(trees);
      await nothingIsLeft();
    });

    it('are told by name where they are left, because the node cannot be reached any more', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      before = async ({ node, run }) => {
        if (node !== FIRST || run.name !== 'place-model') return undefined;
        await Promise.all([SECOND, THIRD].map((one) => whole(incident, one, 'step-1')));
        await site.node(THIRD).stop();
        return injectedFailure;
      };
      const receipt = await workshop.run(incident, plan);
      await site.node(THIRD).start();
      const [left = ''] = Object.keys(temporaries(THIRD));
      expect(left).toMatch(/^\.medic-[0-9a-f]{32}$/);
      expect(receipt.targets[2]).toMatchObject({
        node: THIRD,
        outcome: 'not_started',
        detail: expect.stringContaining(
          `the partial file ${left} is left in the models folder: the check leftovers finds`,
        ),
      });
      expect(temporaries(SECOND)).toEqual({});
      unlinkSync(path(THIRD, left));
    });

    it('are brought again at their turn when they were altered, cut short or taken away', async () => {
      const { incident, plan } = await lacking(models);
      const gate = gateAt(FIRST, canonicalName('hex8_4p'));
      const running = workshop.run(incident, plan);
      await gate.reached;
      await Promise.all(
        [SECOND, THIRD].flatMap((node) => ['step-1', 'step-2'].map((step) => whole(incident, node, step))),
      );
      const [altered = '', gone = ''] = named(await eventsOf(incident), 'ahead_started', SECOND);
      writeFileSync(path(SECOND, altered), Buffer.alloc(statSync(path(SECOND, altered)).size, 7));
      unlinkSync(path(SECOND, gone));
      gate.open();
      const receipt = await running;
      expect(outcomes(receipt)).toEqual(nodes.map((node) => `${node} verified`));
      for (const node of nodes)
        for (const config of models) expect(tree(node)[canonicalName(config)], node).toBe(good(config));
      expect(receipt.targets[1]?.how?.join()).toContain('what had come ahead of its turn was gone or altered');
      expect(receipt.targets[2]?.how).toEqual([`ahead of its turn by relay from ${SECOND}`]);
      await nothingIsLeft();
    });

    it('do not fail a plan whose node dies under them: it gets all at its turn', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      slow.add(SECOND);
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await bytesCome(SECOND);
      await site.node(SECOND).stop();
      slow.clear();
      await until('nothing more comes', async () =>
        (await eventsOf(incident)).some((event) => event.kind === 'ahead_ended' && event.node === SECOND && !event.ok),
      );
      await site.node(SECOND).start();
      gate.open();
      const receipt = await running;
      expect(outcomes(receipt)).toEqual(nodes.map((node) => `${node} verified`));
      expect(receipt.targets[1]?.how?.join()).not.toContain('ahead');
      await nothingIsLeft();
    });

    it('do not come to a node that somebody else is changing, and cost it nothing at its turn', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      const key = `node:${SECOND}:hex8_2p`;
      await workshop.kit.leases.acquire(key, 'r-ffffffff', 600_000);
      const held = vi.spyOn(workshop.kit.leases, 'held');
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await until('it was asked who changes the node', () => held.mock.calls.some(([asked]) => asked === key));
      await Promise.all(held.mock.results.map(({ value }) => value));
      held.mockRestore();
      await workshop.kit.leases.release(key, 'r-ffffffff');
      gate.open();
      expect(outcomes(await running)).toEqual(nodes.map((node) => `${node} verified`));
      expect(named(await eventsOf(incident), 'ahead_started', SECOND)).toEqual([]);
      await nothingIsLeft();
    });

    it('are discarded where another installation holds the node when its turn comes', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await whole(incident, SECOND, 'step-1');
      mkdirSync(path(SECOND, '.medic/lease'), { recursive: true });
      symlinkSync('r-ffffffff:9999999999', path(SECOND, '.medic/lease/1'));
      gate.open();
      const receipt = await running;
      expect(receipt.targets[1]).toMatchObject({
        outcome: 'skipped',
        detail: expect.stringMatching(/^r-ffffffff holds the lease .*; what had come ahead of its turn was discarded$/),
      });
      expect(temporaries(SECOND)).toEqual({});
      expect(receipt.targets[2]).toMatchObject({ outcome: 'verified' });
      await nothingIsLeft();
    });

    it('are no reason to leave a node out: where they fill its disk it is asked again without them', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      writeFileSync(join(site.home(SECOND), 'tight'), '');
      onTestFinished(() => rmSync(join(site.home(SECOND), 'tight')));
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await whole(incident, SECOND, 'step-1');
      gate.open();
      const receipt = await running;
      expect(outcomes(receipt)).toEqual(nodes.map((node) => `${node} verified`));
      expect(receipt.targets[1]?.how).toEqual([`by relay from ${FIRST}`]);
      await nothingIsLeft();
    });

    it('are discarded where the node was changed by somebody else before its turn', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await whole(incident, SECOND, 'step-1');
      writeFileSync(path(SECOND, FILE), 'somebody else brought this');
      gate.open();
      const receipt = await running;
      expect(receipt.targets[1]).toMatchObject({
        outcome: 'skipped',
        detail: 'the node changed after the plan was made; what had come ahead of its turn was discarded',
      });
      expect(readFileSync(path(SECOND, FILE), 'utf8')).toBe('somebody else brought this');
      await nothingIsLeft();
    });

    it('are discarded when somebody cancels while they come', async () => {
      const { incident, plan } = await lacking(['hex8_2p']);
      const trees = [SECOND, THIRD].map(tree);
      slow.add(SECOND);
      const gate = gateAt(FIRST, FILE);
      const running = workshop.run(incident, plan);
      await gate.reached;
      await bytesCome(SECOND);
      const { receipt } = (await office.incident(incident)).executions[0] ?? {};
      if (receipt === undefined) throw new Error('nothing runs');
      await office.memory.ledger.append(incident, { kind: 'cancel_requested', receipt, by: me });
      await until('they stop', async () =>
        (await eventsOf(incident)).some((event) => event.kind === 'ahead_ended' && event.node === SECOND),
      );
      gate.open();
      const { targets, cancelledBy } = await running;
      expect(cancelledBy).toBe(me);
      expect(targets).toMatchObject([
        // Its only step had begun, and was let end.
        { outcome: 'verified' },
        { outcome: 'not_started', detail: `cancelled by ${me}; what had come ahead of its turn was discarded` },
        { outcome: 'not_started', detail: expect.stringMatching(`^cancelled by ${me}`) },
      ]);
      expect([SECOND, THIRD].map(tree)).toEqual(trees);
      await nothingIsLeft();
    });

    it('of a later step are discarded when an earlier one is taken back', async () => {
      const { incident, plan } = await lacking(models);
      const trees = nodes.map(tree);
      before = async ({ node, run }) => {
        if (node !== SECOND || run.name !== 'place-model' || !run.args.includes(FILE)) return undefined;
        await whole(incident, SECOND, 'step-2');
        return injectedFailure;
      };
      const receipt = await workshop.run(incident, plan);
      expect(receipt.targets[1]).toMatchObject({
        outcome: 'rolled_back',
        detail: expect.stringMatching(/injected; what had come ahead of its turn was discarded$/),
      });
      expect(tree(SECOND)).toEqual(trees[1]);
      expect(receipt.targets[2]).toMatchObject({ outcome: 'verified' });
      await nothingIsLeft();
    });

    it('leave a plan that does not relay as it was', async () => {
      const { incident, plan } = await lacking(['hex8_2p'], [FIRST]);
      expect(plan.relay).toBeUndefined();
      expect(outcomes(await workshop.run(incident, plan))).toEqual([`${FIRST} verified`]);
      const kinds = (await eventsOf(incident)).map(({ kind }) => kind).filter((kind) => kind !== 'progress');
      expect(kinds.slice(kinds.indexOf('execution_started'))).toEqual([
        'execution_started',
        'step_started',
        'step_ended',
        'target_ended',
        'executed',
        'checked',
      ]);
    });

    /** Makes the nodes whole, takes these models away and plans; one plan for all of them. */
    async function lacking(configs: readonly string[], on: readonly string[] = nodes) {
      for (const node of nodes) {
        rmSync(path(node, ''), { recursive: true, force: true });
        const promotedAt = new Date(Date.now() - 3_600_000);
        await fillModels(site.node(node).modelsDir, { checkpoints: site.checkpoints, promotedAt, noise: false });
      }
      for (const node of on) for (const config of configs) unlinkSync(path(node, canonicalName(config)));
      const { incident, plans } = await workshop.plan(on);
      const [plan] = plans;
      if (plan === undefined || plans.length > 1) throw new Error(`${plans.length} plans`);
      expect(plan.targets.map(({ node }) => node)).toEqual(on);
      return { incident, plan };
    }

    function watched(real: Sessions): Sessions {
      return {
        ...real,
        async run(node, run) {
          const instead = await before({ node: node.name, run });
          if (instead !== undefined) return instead;
          const isSlow = run.script === relayTake && slow.has(node.name);
          return real.run(node, isSlow ? { ...run, args: [...run.args.slice(0, -1), SLOW] } : run);
        },
      };
    }

    /** Stops the node before it puts this file in its place. */
    function gateAt(node: string, file: string, also: (asked: Asked) => void = () => undefined) {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      let isReached = false;
      before = async (asked) => {
        also(asked);
        if (isReached || asked.node !== node || asked.run.name !== 'place-model' || !asked.run.args.includes(file))
          return undefined;
        isReached = true;
        await opened;
        return undefined;
      };
      return { open, reached: until(`${node} is about to place ${file}`, () => isReached).then(() => undefined) };
    }

    async function whole(incident: string, node: string, step: string): Promise<void> {
      await until(`all bytes of ${step} are on ${node}`, async () =>
        (await eventsOf(incident)).some(
          (event) => event.kind === 'ahead_ended' && event.node === node && event.step === step && event.ok,
        ),
      );
    }

    async function bytesCome(node: string): Promise<void> {
      await until(`bytes come to ${node}`, () =>
        Object.keys(temporaries(node)).some((name) => statSync(path(node, name)).size > 0),
      );
    }

    async function eventsOf(incident: string): Promise<Event[]> {
      return (await office.entries(incident)).map(({ event }) => event);
    }

    function named(events: readonly Event[], kind: 'ahead_started' | 'step_started', node: string): string[] {
      return events.flatMap((event) =>
        event.kind === kind && event.node === node && event.temporary !== undefined ? [event.temporary] : [],
      );
    }

    function temporaries(node: string): Record<string, string> {
      return Object.fromEntries(Object.entries(tree(node)).filter(([name]) => name.startsWith('.medic-')));
    }

    function outcomes({ targets }: Receipt): string[] {
      return targets.map(
        ({ node, outcome, detail }) => `${node} ${outcome}${outcome === 'verified' ? '' : `: ${detail}`}`,
      );
    }

    /** No temporary lies about, and no end of a relay listens. */
    async function nothingIsLeft(): Promise<void> {
      for (const node of nodes) expect(temporaries(node), node).toEqual({});
      for (const config of models)
        expect(
          await poll(
            () => processesWith(good(config)),
            (count) => count === 0,
          ),
        ).toBe(0);
    }
  },
);
