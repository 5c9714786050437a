import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { askLook, beginQueued } from '../../src/engine/ask-look.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aScope, lookStarted, opened } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { aDigest } from '../support/builders/plans.ts';

const ids = ['i-00000001', 'i-00000002', 'i-00000003'];
const job = (incident: string) => ({ incident, scope: aScope(), fresh: false, inventory: aDigest('d') });

describe('looks that nobody asked for', () => {
  it('are so many a minute; the rest waits for its turn, one an incident, and none is lost', async () => {
    const world = createCommandWorld();
    const { ledger, happened, kinds, dispatched, pass } = world;
    const budget = { ...world.context, agenda: createMemoryAgenda(), limits: { looksPerMinute: 1 } };
    for (const id of ids) await happened(id, opened({ alert: 'x' }));
    for (const id of [...ids, ...ids]) await askLook(job(id), budget);
    const looks = () => dispatched.check.map(({ incident }) => incident);
    expect(looks()).toEqual(['i-00000001']);
    expect(await kinds('i-00000002')).toEqual(['opened', 'look_waits']);
    expect(incidentOf(await ledger.entries('i-00000002'))?.lookWaits).toBe(true);
    await beginQueued(budget);
    expect(looks()).toHaveLength(1);
    for (let minute = 0; minute < 4; minute += 1) {
      pass(1);
      await beginQueued(budget);
    }
    // The first one was asked for twice; its second look waited like the others.
    expect(looks()).toEqual(['i-00000001', 'i-00000002', 'i-00000003', 'i-00000001']);
    await happened('i-00000002', lookStarted);
    expect(incidentOf(await ledger.entries('i-00000002'))?.lookWaits).toBe(false);
  });
});
