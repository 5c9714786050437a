import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

describe('doctor', () => {
  it('keeps what it found here and asks the worker for its half', async () => {
    const { say, ledger, dispatched } = createCommandWorld();
    const reply = await say('doctor');
    if (reply.kind !== 'begun') throw new Error(textOf(reply));
    expect(dispatched.check.map(({ scope }) => scope.checks)).toEqual([['worker-self']]);
    const incident = incidentOf(await ledger.entries(reply.incident));
    expect(incident?.examined).toEqual([{ verdict: 'right', what: 'Redis 7.2.0' }]);
  });

  it('asks in a stream of its own, also in the thread of an incident', async () => {
    const { say, dispatched } = createCommandWorld();
    const first = await say('check hex8_2p');
    if (first.kind !== 'begun') throw new Error(textOf(first));
    const reply = await say('doctor', undefined, first.incident);
    expect(reply).toMatchObject({ kind: 'begun', until: 'checked', view: 'doctor' });
    expect(dispatched.check[1]?.incident).not.toBe(first.incident);
  });

  it('makes both halves again in its own thread', async () => {
    const { say, ledger, dispatched, kinds } = createCommandWorld();
    const first = await say('doctor');
    if (first.kind !== 'begun') throw new Error(textOf(first));
    const again = await say('doctor', undefined, first.incident);
    expect(again).toMatchObject({ kind: 'begun', incident: first.incident, view: 'doctor' });
    expect(dispatched.check[1]).toMatchObject({ incident: first.incident, scope: { checks: ['worker-self'] } });
    expect(await kinds(first.incident)).toEqual(['opened', 'examined', 'asked', 'examined']);
    expect(incidentOf(await ledger.entries(first.incident))?.examined).toHaveLength(1);
  });

  it('takes nothing after it', async () => {
    const { say, dispatched } = createCommandWorld();
    expect(textOf(await say('doctor vast-1'))).toContain('doctor takes nothing after it');
    expect(dispatched.check).toEqual([]);
  });
});
