import { describe, expect, it } from 'vitest';
import { usualChecks } from '../../src/domain/asked-scope.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { type AlertHints, openAlert } from '../../src/engine/open-alert.ts';
import { memorySeen } from '../slack/support/local.ts';
import { anAlertLimits } from '../support/builders/alert-limits.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, looked, lookStarted } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';
import { ALICE, aDigest } from '../support/builders/plans.ts';

const alert: AlertHints = {
  sender: 'router',
  title: 'MODEL_CORRUPTED: zip',
  models: ['hex8_2p'],
  nodes: ['vast-1'],
  fingerprint: aDigest('f'),
  delivery: 'first',
  ended: false,
  judged: true,
  waits: 'group',
};
const limits = anAlertLimits();

function world(but: { inventory?: ReturnType<typeof createCommandWorld>['context']['inventory'] } = {}) {
  const made = createCommandWorld();
  const around = {
    ...made.context,
    ...but,
    causes: createMemoryCauses(),
    agenda: createMemoryAgenda(),
    seen: memorySeen(),
    limits,
    channel: 'C0OPS',
  };
  const told = async (hints: Partial<AlertHints> = {}) => openAlert({ ...alert, ...hints }, around);
  const open = async (hints: Partial<AlertHints> = {}) => {
    const id = await told(hints);
    if (id === undefined) throw new Error('no incident');
    return id;
  };
  const now = async (id: string) => incidentOf(await made.ledger.entries(id));
  return { ...made, told, open, now };
}

describe('openAlert', () => {
  it('opens an incident in the channel, quiet for the wait, and looks at the models named, on the whole fleet', async () => {
    const { open, ledger, dispatched, context } = world();
    const id = await open();
    const scope = {
      models: ['hex8_2p'],
      nodes: ['hub', 'vast-1', 'vast-2'],
      checks: usualChecks(context.checks),
    };
    expect((await ledger.entries(id))[0]?.event).toEqual({
      kind: 'opened',
      by: 'alert:router',
      text: 'MODEL_CORRUPTED: zip (vast-1)',
      alert: 'MODEL_CORRUPTED: zip (vast-1)',
      scope,
      quietUntil: '2026-03-01T12:00:10.000Z',
      judged: true,
      named: ['vast-1'],
      place: { channel: 'C0OPS' },
    });
    expect(dispatched.check).toEqual([{ incident: id, scope, fresh: false, inventory: aDigest('d') }]);
  });

  it.each([
    ['a retry waits out its window', { waits: 'retry' as const }, '2026-03-01T12:03:00.000Z'],
    ['what no look can judge is told at once', { judged: false }, '2026-03-01T12:00:00.000Z'],
  ])('%s', async (_, hints, quietUntil) => {
    const { open, now } = world();
    expect((await now(await open(hints)))?.quietUntil).toBe(quietUntil);
  });

  it('looks at everything when it names nothing', async () => {
    const { open, dispatched } = world();
    await open({ models: [], nodes: [] });
    expect(dispatched.check).toMatchObject([{ scope: { models: ['hex8_2p', 'hex8_3p'] } }]);
  });

  it('is one incident when it is sent again, also by a second bot at once', async () => {
    const { open, kinds, happened, dispatched } = world();
    const [first, second] = await Promise.all([open(), open()]);
    expect(second).toBe(first);
    expect(await kinds(first)).toEqual(['opened']);
    await happened(first, lookStarted);
    const before = dispatched.check.length;
    expect(await open()).toBe(first);
    expect(dispatched.check).toHaveLength(before);
  });

  it('is the same incident as long as it is open, whatever hour it is, and looks again after the interval', async () => {
    const { open, happened, pass, dispatched } = world();
    const first = await open();
    await happened(first, looked([aFinding()]));
    pass(4);
    await open({ delivery: 'second' });
    expect(dispatched.check).toHaveLength(1);
    pass(61);
    expect(await open({ delivery: 'third' })).toBe(first);
    expect(dispatched.check).toHaveLength(2);
  });

  it('comes back into an incident that has just ended, also one that a person closed, and later opens another', async () => {
    const { open, happened, pass, now, dispatched } = world();
    const first = await open();
    await happened(first, looked([aFinding()]), { kind: 'closed', by: ALICE, reason: '', findings: [aFinding().id] });
    pass(30);
    expect(await open({ delivery: 'second' })).toBe(first);
    expect((await now(first))?.status).toBe('open');
    expect(dispatched.check).toHaveLength(2);
    await happened(first, looked());
    pass(61);
    const second = await open({ delivery: 'third' });
    expect(second).not.toBe(first);
    expect(await open({ delivery: 'fourth' })).toBe(second);
  });

  it('is another incident for another cause', async () => {
    const { open } = world();
    expect(await open({ fingerprint: aDigest('e') })).not.toBe(await open());
  });

  it('takes its end for a reason to look, never for the end', async () => {
    const { open, told, happened, now, dispatched } = world();
    expect(await told({ ended: true })).toBeUndefined();
    const id = await open();
    await happened(id, looked([aFinding()]));
    expect(await told({ ended: true, delivery: 'end' })).toBe(id);
    expect(dispatched.check).toHaveLength(2);
    expect((await now(id))?.status).toBe('open');
  });

  it('is an incident for a person when no node is active', async () => {
    const made = createCommandWorld();
    const nodes = made.context.inventory.nodes.filter(({ active }) => !active);
    const { open, now, dispatched } = world({ inventory: { ...made.context.inventory, nodes } });
    const incident = await now(await open({ judged: false }));
    expect(incident?.status).toBe('needs_a_human');
    expect(incident?.failures[0]?.detail).toContain('no active node');
    expect(dispatched.check).toEqual([]);
  });

  it('takes a title of any length', async () => {
    const { open, kinds } = world();
    expect(await kinds(await open({ title: 'x'.repeat(10_000) }))).toEqual(['opened']);
  });
});
