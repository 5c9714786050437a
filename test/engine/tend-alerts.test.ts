import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { type Incident, incidentOf } from '../../src/domain/incident.ts';
import type { Maintenance } from '../../src/domain/maintenance.ts';
import { raiseNow, tendAlerts, writeCounts } from '../../src/engine/tend-alerts.ts';
import { noteFlapping } from '../../src/engine/tend-open.ts';
import { wakeSilenced } from '../../src/engine/wake-silenced.ts';
import { memorySeen } from '../slack/support/local.ts';
import { anAlertLimits } from '../support/builders/alert-limits.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, aScope, looked, lookStarted, opened } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';
import { ALICE } from '../support/builders/plans.ts';

const ID = 'i-00000001';
const waiting = opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED', quietUntil: '2026-03-01T12:01:00.000Z' });
const found = looked([aFinding()]);

async function world(...events: readonly Event[]) {
  const made = createCommandWorld();
  const { ledger } = made.context;
  const causes = createMemoryCauses();
  const seen = memorySeen();
  await made.happened(ID, waiting, ...events);
  const agenda = createMemoryAgenda();
  const options = {
    ...made.context,
    causes,
    seen,
    agenda,
    channel: 'C0OPS',
    limits: anAlertLimits(),
    mode: 'act' as const,
  };
  const tend = (maintenance: readonly Maintenance[] = []) => tendAlerts({ ...options, maintenance });
  const count = () => writeCounts(options);
  const state = async () => incidentOf(await ledger.entries(ID));
  const flap = async () => {
    const raise = (one: Incident) => raiseNow(one, options);
    await noteFlapping(ID, { ...options, raise });
  };
  return { ...made, options, causes, flap, tend, count, state };
}

const weekly = { nodes: 'vast-*', weekly: 'sun 11:30-12:30', reason: 'disks' };

/** An incident of which nobody was told, because of a silence by command, a window or the mode. */
async function silenced(because: { silence?: true; mode?: 'act' | 'observe'; windows?: readonly Maintenance[] }) {
  const made = await world(found);
  const { pass, happened, say, options } = made;
  const under = ({ mode = 'act', windows = [] }: typeof because) => ({ ...options, mode, maintenance: windows });
  const tell = async (how: typeof because): Promise<void> => {
    await tendAlerts(under(how));
    await happened(ID, lookStarted);
    await happened(ID, found);
    await tendAlerts(under(how));
  };
  const wake = async (how: typeof because): Promise<void> => {
    if (because.silence === true && how.silence === undefined) {
      const [one] = (await options.orders.standing()).silences;
      await say(`unsilence ${one?.id}`);
    }
    pass(1);
    await wakeSilenced(under(how));
  };
  if (because.silence === true) await say('silence hex8_2p on vast-1 for 1h');
  pass(1);
  await tell(because);
  return { ...made, tell, wake };
}

describe('tendAlerts', () => {
  it('decides nothing before the wait is over', async () => {
    const { tend, kinds, dispatched } = await world(found);
    await tend();
    expect(await kinds(ID)).toEqual(['opened', 'checked']);
    expect(dispatched.check).toEqual([]);
  });

  it('tells nobody of what is right at the end', async () => {
    const { tend, pass, state, kinds } = await world(looked());
    pass(1);
    await tend();
    await tend();
    expect((await kinds(ID)).slice(2)).toEqual(['settled']);
    expect((await state())?.untold).toBe(true);
  });

  it('looks once more at the end, and tells when it is still wrong', async () => {
    const { tend, pass, state, happened, dispatched } = await world(found);
    pass(1);
    await tend();
    await tend();
    expect(dispatched.check).toHaveLength(1);
    expect((await state())?.untold).toBe(true);
    await happened(ID, lookStarted);
    await tend();
    await happened(ID, found);
    await tend();
    expect(await state()).toMatchObject({ untold: false, status: 'open' });
  });

  it('goes on with a promotion that is under way, and says to each look when it was told', async () => {
    const { tend, pass, kinds, happened, dispatched } = await world();
    const scope = aScope({ checks: ['alias-links', 'distribution-progress'] });
    const id = 'i-00000002';
    await happened(
      id,
      opened({ by: 'alert:router', alert: 'MODEL_PROMOTED', quietUntil: '2026-03-01T12:00:30.000Z', scope }),
    );
    const underWay = { node: 'hub', check: 'distribution-progress', reason: 'no_record', detail: 'under way' } as const;
    await happened(id, looked([aFinding()], { unknown: [underWay] }));
    // A sender that repeats itself does not begin the promotion again.
    pass(0.2);
    await happened(id, { kind: 'repeated', times: 2 });
    pass(0.8);
    await tend();
    await tend();
    expect((await kinds(id)).filter((kind) => kind === 'waits')).toHaveLength(1);
    const looks = dispatched.check.filter(({ incident }) => incident === id);
    expect(looks).toMatchObject([{ promotedAt: '2026-03-01T12:00:00.000Z' }]);
    // Not under way any more, and something is wrong: the second look is of the same promotion.
    await happened(id, looked([aFinding()]));
    pass(1);
    await tend();
    expect(dispatched.check.filter(({ incident }) => incident === id)[1]).toMatchObject({
      promotedAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('goes on with an evaluation that waits for nodes, and makes no promotion of it', async () => {
    const { tend, pass, happened, dispatched } = await world();
    const scope = aScope({ checks: ['alias-links', 'distribution-progress'] });
    const id = 'i-00000003';
    const alert = 'MODEL_EVALUATION_BLOCKED: too few nodes';
    await happened(id, opened({ by: 'alert:router', alert, quietUntil: '2026-03-01T12:00:30.000Z', scope }));
    const underWay = { node: 'hub', check: 'distribution-progress', reason: 'no_record', detail: 'under way' } as const;
    await happened(id, looked([aFinding()], { unknown: [underWay] }));
    pass(1);
    await tend();
    const [look] = dispatched.check.filter(({ incident }) => incident === id);
    expect(look).toMatchObject({ scope });
    expect(look).not.toHaveProperty('promotedAt');
  });

  it('tells nobody of what is silenced, and decides again when the silence ends', async () => {
    const { tend, pass, state, happened, kinds, say } = await world(found);
    await say('silence hex8_2p on vast-1 for 1h');
    const settle = async (): Promise<void> => {
      await tend();
      await happened(ID, lookStarted);
      await happened(ID, found);
      await tend();
    };
    pass(1);
    await settle();
    await tend();
    expect((await kinds(ID)).filter((kind) => kind === 'waits')).toHaveLength(1);
    expect(await state()).toMatchObject({ untold: true, quietUntil: '2026-03-01T13:00:00.000Z' });
    pass(59);
    await settle();
    expect(await state()).toMatchObject({ untold: false, status: 'open' });
  });

  it.each<[string, Parameters<typeof silenced>[0], Parameters<typeof silenced>[0]]>([
    ['a silence is ended early', { silence: true }, {}],
    ['medic observes no more', { mode: 'observe' }, { mode: 'act' }],
    ['a window is taken out of medic.yaml', { windows: [weekly] }, { windows: [] }],
  ])('decides at once when %s', async (_, before, after) => {
    const { state, tell, wake } = await silenced(before);
    expect(await state()).toMatchObject({ untold: true, status: 'silenced' });
    await wake(before);
    await tell(before);
    expect(await state()).toMatchObject({ untold: true, status: 'silenced' });
    await wake(after);
    await tell(after);
    expect(await state()).toMatchObject({ untold: false, status: 'open' });
  });

  it('leaves alone what waits for something else, and what another silence covers', async () => {
    const { state, tell, wake, say } = await silenced({ silence: true });
    await say('silence vast-1 for 3h');
    await wake({});
    await tell({});
    expect(await state()).toMatchObject({ untold: true, status: 'silenced' });
    const { happened, kinds, options } = await world(found);
    await happened(ID, { kind: 'waits', quietUntil: '2026-03-01T13:00:00.000Z' });
    await wakeSilenced({ ...options, maintenance: [] });
    expect(await kinds(ID)).toEqual(['opened', 'checked', 'waits']);
  });

  it('tells nobody in a maintenance window, and shows that it is silenced until its end', async () => {
    const { tend, pass, state, happened } = await world(found);
    const [window] = [{ nodes: 'vast-*', weekly: 'sun 11:30-12:30', reason: 'disks' }];
    pass(1);
    await tend([window]);
    await happened(ID, lookStarted);
    await happened(ID, found);
    await tend([window]);
    expect(await state()).toMatchObject({ untold: true, status: 'silenced', quietUntil: '2026-03-01T12:30:00.000Z' });
    expect((await state())?.silencedBy).toContain('disks');
    pass(30);
    await tend([window]);
    await happened(ID, lookStarted);
    await happened(ID, found);
    await tend([window]);
    expect(await state()).toMatchObject({ untold: false, status: 'open' });
  });

  it('is not kept quiet by a silence of something else', async () => {
    const { tend, pass, state, happened, say } = await world(found);
    await say('silence hex8_4p for 1h');
    pass(1);
    await tend();
    await happened(ID, lookStarted);
    await happened(ID, found);
    await tend();
    expect((await state())?.untold).toBe(false);
  });

  it('tells nobody when the second look is clear', async () => {
    const { tend, pass, state, happened } = await world(found);
    pass(1);
    await tend();
    await happened(ID, looked());
    await tend();
    expect(await state()).toMatchObject({ untold: true, status: 'resolved' });
  });

  it.each<[string, readonly Event[]]>([
    ['no look has ended', []],
    ['a second look does not end', [found, lookStarted]],
  ])('does not wait for ever: %s', async (_, events) => {
    const { tend, pass, state } = await world(...events);
    pass(1);
    await tend();
    expect((await state())?.untold).toBe(true);
    pass(2);
    await tend();
    expect((await state())?.untold).toBe(false);
  });

  it('is told at once when a person works on it', async () => {
    const { state } = await world(found, { kind: 'asked', by: ALICE, text: 'fix' });
    expect((await state())?.untold).toBe(false);
  });

  it('writes down how often it came, once', async () => {
    const { count, causes, state, kinds } = await world(found);
    for (const delivery of ['a', 'b', 'c']) await causes.seen(ID, delivery);
    await count();
    await count();
    expect((await state())?.seen).toBe(3);
    expect((await kinds(ID)).filter((kind) => kind === 'repeated')).toHaveLength(1);
  });

  it('tells at once of what no look can judge', async () => {
    const { tend, happened, ledger, context } = await world();
    const quietUntil = context.now().toISOString();
    await happened('i-00000002', opened({ alert: 'GPU is hot', quietUntil, judged: false }), looked());
    await tend();
    expect(incidentOf(await ledger.entries('i-00000002'))?.untold).toBe(false);
  });

  it('keeps what is told true: looked at again every interval until it is over', async () => {
    const { tend, pass, happened, dispatched } = await world(found);
    pass(1);
    await tend();
    await happened(ID, found);
    await tend();
    const looks = () => dispatched.check.filter(({ incident }) => incident === ID).length;
    expect(looks()).toBe(1);
    for (const [minutes, wanted] of [
      [4, 1],
      [2, 2],
      [1, 2],
    ] as const) {
      pass(minutes);
      await tend();
      expect(looks()).toBe(wanted);
    }
    await happened(ID, looked());
    pass(10);
    await tend();
    pass(10);
    await tend();
    expect(looks()).toBe(2);
  });

  it('tells again what is open and unchanged for the repeat interval, and not what somebody repairs', async () => {
    const { tend, pass, happened, kinds } = await world(found);
    const turn = async (minutes: number): Promise<void> => {
      pass(minutes);
      await happened(ID, found);
      await tend();
    };
    const retold = async () => (await kinds(ID)).filter((kind) => kind === 'retold').length;
    await turn(1);
    await turn(120);
    expect(await retold()).toBe(0);
    await turn(125);
    expect(await retold()).toBe(1);
    await turn(6);
    expect(await retold()).toBe(1);
    await happened(ID, { kind: 'held', by: ALICE, until: '2026-03-02T12:00:00.000Z' });
    await turn(300);
    expect(await retold()).toBe(1);
    await happened(ID, { kind: 'released', by: ALICE });
    await turn(6);
    expect(await retold()).toBe(2);
  });

  it('tells once of what flaps, also when each time it was mended before anybody was told, and is quiet until it is steady', async () => {
    const { tend, pass, state, happened, flap, kinds, dispatched } = await world();
    for (let time = 1; time <= 3; time += 1) {
      await happened(ID, found);
      await flap();
      expect((await state())?.flapping !== undefined).toBe(time === 3);
      await happened(ID, looked());
      pass(1);
      await tend();
    }
    expect(await state()).toMatchObject({ untold: false, status: 'open', flapping: { times: 3 } });
    await happened(ID, found);
    await flap();
    expect((await kinds(ID)).filter((kind) => kind === 'flapping')).toHaveLength(1);
    pass(14);
    await tend();
    const looks = dispatched.check.length;
    await happened(ID, looked());
    await tend();
    // It has just turned: the time begins again.
    pass(10);
    await tend();
    expect((await state())?.flapping).toBeDefined();
    pass(10);
    await tend();
    expect(dispatched.check.length).toBeGreaterThan(looks);
    await happened(ID, looked());
    await tend();
    expect((await state())?.flapping).toBeUndefined();
    expect((await state())?.status).toBe('resolved');
  });

  it('tells nobody twice: what another incident tells of waits for its end, is named there, and is told when it is still wrong then', async () => {
    const { tend, pass, state, happened, ledger } = await world(found);
    const other = 'i-00000009';
    await happened(other, opened({ by: 'alert:router', alert: 'NODE_DOWN' }), found);
    pass(1);
    await tend();
    await happened(ID, found);
    await tend();
    expect(await state()).toMatchObject({ untold: true, waitsFor: other });
    expect(incidentOf(await ledger.entries(other))?.joined.map(({ incident }) => incident)).toEqual([ID]);
    pass(6);
    await happened(ID, found);
    await tend();
    expect((await state())?.untold).toBe(true);
    await happened(other, { kind: 'closed', by: ALICE, reason: '', findings: [aFinding().id] });
    pass(6);
    await happened(ID, found);
    await tend();
    expect(await state()).toMatchObject({ untold: false, status: 'open' });
  });

  it('tells of the sixth cause within five minutes and of all further ones in one incident, and alone again later', async () => {
    const { tend, happened, ledger, context, dispatched, pass } = await world();
    const cause = async (index: number) => {
      const quietUntil = context.now().toISOString();
      const id = `i-0000001${index}`;
      await happened(id, opened({ alert: `cause ${index}`, text: `cause ${index}`, quietUntil, judged: false }));
      await tend();
      return incidentOf(await ledger.entries(id));
    };
    const told = [];
    for (let index = 0; index < 8; index += 1) told.push((await cause(index))?.untold);
    expect(told).toEqual([false, false, false, false, false, true, true, true]);
    const storms = (await ledger.incidents(100)).filter((id) => !id.startsWith('i-000000'));
    expect(storms).toHaveLength(1);
    const storm = incidentOf(await ledger.entries(storms[0] ?? ''));
    expect(storm?.joined.map(({ text }) => text)).toEqual(['cause 5', 'cause 6', 'cause 7']);
    expect(storm?.untold).toBe(false);
    expect(dispatched.check).toHaveLength(1);
    pass(6);
    expect((await cause(8))?.untold).toBe(false);
  });
});
