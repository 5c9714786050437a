import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { silentUntil } from '../../src/domain/silence.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { ALICE, BOB } from '../support/builders/plans.ts';

const ID = 'i-0000000a';
const found = [aFinding('vast-1'), aFinding('vast-2')];

async function world() {
  const made = createCommandWorld();
  await made.happened(ID, opened(), looked(found));
  return made;
}

describe('baseline', () => {
  it('takes what was found as known, and nothing else of the same nodes', async () => {
    const { say, context, ledger } = await world();
    expect(textOf(await say(`baseline ${ID}`, BOB))).toMatch(/2 findings of i-0000000a are known now.*30 days/);
    expect(incidentOf(await ledger.entries(ID))?.status).toBe('closed');
    const { silences } = await context.orders.standing();
    const nowMs = context.now().getTime();
    const scope = { models: ['hex8_2p'], nodes: ['vast-1', 'vast-2'] };
    expect(silentUntil(silences, { findings: found, scope }, nowMs)).toMatchObject({ by: BOB });
    const other = aFinding('vast-1', { code: 'alias_loop' });
    expect(silentUntil(silences, { findings: [...found, other], scope }, nowMs)).toBeUndefined();
    expect(silentUntil(silences, { findings: [], scope }, nowMs), 'no look has found anything').toBeUndefined();
    expect(silentUntil(silences, { findings: found, scope }, nowMs + 31 * 86_400_000)).toBeUndefined();
  });

  it('is listed alone and among the silences, and ended like one', async () => {
    const { say } = await world();
    expect(textOf(await say('baseline', BOB))).toContain('Nothing is taken as known');
    const [id = ''] = /s-[0-9a-f]{8}/.exec(textOf(await say(`baseline ${ID}`, BOB))) ?? [];
    for (const words of ['baseline', 'silence']) expect(textOf(await say(words, BOB))).toContain('2 known findings');
    await say(`unsilence ${id}`, BOB);
    expect(textOf(await say('baseline', BOB))).toContain('Nothing is taken as known');
  });

  it.each([
    [`baseline ${ID}`, ALICE, 'denied'],
    [`baseline ${ID} please`, BOB, 'usage'],
    ['baseline i-0000000f', BOB, 'incident_unknown'],
    ['baseline i-0000000b', BOB, 'usage'],
  ])('%s is refused as %s', async (words, who, code) => {
    const { say, happened, context } = await world();
    await happened('i-0000000b', opened(), looked([]));
    expect(await say(words, who)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect((await context.orders.standing()).silences).toEqual([]);
  });
});
