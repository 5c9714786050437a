import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/entry.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { remindOwners } from '../../src/engine/remind-owners.ts';
import { storyOf } from '../../src/slack/story.ts';
import { memorySeen } from '../slack/support/local.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';
import { ALICE } from '../support/builders/plans.ts';

const ID = 'i-00000001';
const alerted = opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED' });
const waiting = (quietUntil: string) => opened({ by: 'alert:router', alert: 'MODEL_CORRUPTED', quietUntil });
const found = looked([aFinding()]);

async function world(events: readonly Event[] = [alerted, found], onCallGroup: string | null = 'S0ONCALL') {
  const made = createCommandWorld();
  await made.happened(ID, ...events);
  const options = {
    ...made.context,
    causes: createMemoryCauses(),
    seen: memorySeen(),
    agenda: createMemoryAgenda(),
    mode: 'act' as const,
    channel: 'C0OPS',
    limits: { remindOwnerMinutes: 10, callGroupMinutes: 20 },
    onCallGroup,
  };
  const said = async () => (await made.kinds(ID)).filter((kind) => kind === 'owner_missed' || kind === 'group_called');
  return { ...made, options, tend: () => remindOwners(options), said };
}

describe('an incident that nobody has', () => {
  it('is said once in its thread, then the group is called once ever, whoever tends it', async () => {
    const { tend, pass, said } = await world();
    pass(9);
    await tend();
    expect(await said()).toEqual([]);
    pass(1);
    await Promise.all([tend(), tend()]);
    await tend();
    expect(await said()).toEqual(['owner_missed']);
    pass(10);
    await Promise.all([tend(), tend()]);
    pass(600);
    await tend();
    expect(await said()).toEqual(['owner_missed', 'group_called']);
  });

  it('mentions the group, and no one but the group', async () => {
    const { tend, pass, ledger, options } = await world();
    pass(25);
    await tend();
    const incident = incidentOf(await ledger.entries(ID));
    if (incident === undefined) throw new Error('no incident');
    const look = { names: (person: string) => person, policy: options.policy, cluster: 'ringrift' };
    const asides = storyOf(incident, look).filter(({ key }) => key.startsWith('aside-'));
    expect(asides.map(({ text }) => text)).toEqual([
      'Nobody has this yet, and nothing was done about it for 25 min',
      '<!subteam^S0ONCALL> nobody has had this for 25 min',
    ]);
    expect(asides.every(({ broadcast }) => !broadcast)).toBe(true);
  });

  it('waits anew when somebody does something about it', async () => {
    const { tend, pass, said, happened } = await world();
    pass(9);
    await happened(ID, { kind: 'asked', by: ALICE, text: 'diagnose' });
    pass(9);
    await tend();
    expect(await said()).toEqual([]);
    pass(1);
    await tend();
    expect(await said()).toEqual(['owner_missed']);
  });

  it('calls nobody where no group is named', async () => {
    const { tend, pass, said } = await world([alerted, found], null);
    pass(60);
    await tend();
    expect(await said()).toEqual(['owner_missed']);
  });

  it.each<[string, readonly Event[]]>([
    ['is acknowledged', [alerted, found, { kind: 'acknowledged', by: ALICE }]],
    ['is held', [alerted, found, { kind: 'held', by: ALICE, until: '2026-03-02T12:00:00.000Z' }]],
    ['is over', [alerted, found, looked()]],
    ['is closed', [alerted, found, { kind: 'closed', by: ALICE, reason: '', findings: [aFinding().id] }]],
    ['was told to nobody', [waiting('2026-03-02T12:00:00.000Z'), found]],
    [
      'is silenced',
      [
        waiting('2026-03-01T12:01:00.000Z'),
        found,
        { kind: 'waits', quietUntil: '2026-03-02T12:00:00.000Z', silence: 'hex8_2p is silenced' },
      ],
    ],
    ['was asked for by a person, who has the answer', [opened({ by: ALICE }), found]],
  ])('is left alone when it %s', async (_, events) => {
    const { tend, pass, said } = await world(events);
    pass(60);
    await tend();
    expect(await said()).toEqual([]);
  });

  it('is left alone while a silence of people covers it', async () => {
    const { tend, pass, said, say } = await world();
    await say('silence hex8_2p for 2h we are at it');
    pass(60);
    await tend();
    expect(await said()).toEqual([]);
    pass(120);
    await tend();
    expect(await said()).toEqual(['owner_missed', 'group_called']);
  });
});
