import { describe, expect, it } from 'vitest';
import type { SetAside } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { timelineOf } from '../../src/domain/timeline.ts';
import { noteJobAside, noteSetAside } from '../../src/engine/note-set-aside.ts';
import { asideMessages } from '../../src/slack/story-asides.ts';
import { opened } from '../support/builders/entries.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';
import { BOB, NOON, REQUEST } from '../support/builders/plans.ts';

const incident = 'i-00000001';
const aside = (but: Partial<SetAside> = {}): SetAside => ({
  id: '5-0',
  incident,
  at: NOON,
  why: 'unsigned',
  key: '',
  event: { kind: 'approved', request: REQUEST, by: BOB },
  ...but,
});

describe('an entry that counts for nothing', () => {
  it('is told once in its incident, with what it says and why it does not count', async () => {
    const ledger = createMemoryLedger();
    await ledger.append(incident, opened());
    await noteSetAside(aside(), ledger);
    await noteSetAside(aside({ id: '6-0', why: 'bad_signature', event: undefined }), ledger);
    const told = incidentOf(await ledger.entries(incident));
    expect(told?.prompts).toEqual([]);
    const [message, ...more] = told === undefined ? [] : asideMessages(told);
    expect(more).toEqual([]);
    expect(message?.message.text).toContain(`${BOB} approved`);
    expect(JSON.stringify(message?.message.blocks)).toContain('nobody signed it');
  });

  it('opens nothing where no incident is', async () => {
    const ledger = createMemoryLedger();
    await noteSetAside(aside(), ledger);
    expect(await ledger.entries(incident)).toEqual([]);
  });
});

describe('a job that counts for nothing', () => {
  const lying = (job: unknown) => ({ id: 'plan-1', work: 'plan', why: 'unsigned', job }) as const;

  it('is told once in the incident that it names, beside entries that count for nothing', async () => {
    const ledger = createMemoryLedger();
    await ledger.append(incident, opened());
    await noteSetAside(aside(), ledger);
    await noteJobAside(lying({ incident, by: BOB }), ledger);
    await noteJobAside({ ...lying({ incident }), work: 'execute' }, ledger);
    const entries = await ledger.entries(incident);
    const told = incidentOf(entries);
    const messages = told === undefined ? [] : asideMessages(told);
    expect(messages).toHaveLength(2);
    expect(messages[1]?.message.text).toContain(`a planning in the name of ${BOB}`);
    expect(JSON.stringify(messages[1]?.message.blocks)).toContain('Nothing was run');
    expect(timelineOf(entries).at(-1)?.words).toContain('a job was not begun');
  });

  it('opens nothing and stumbles over nothing, whatever it says', async () => {
    const ledger = createMemoryLedger();
    for (const job of [null, 7, {}, { incident: 7 }, { incident, by: 'x' }, { incident: '../../etc' }])
      await noteJobAside(lying(job), ledger);
    expect(await ledger.entries(incident)).toEqual([]);
  });
});
