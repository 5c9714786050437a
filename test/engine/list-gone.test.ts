import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { newsOf } from '../../src/domain/news.ts';
import { listGone } from '../../src/engine/list-gone.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { NOON } from '../support/builders/plans.ts';

const DAY_MS = 86_400_000;

function world() {
  const made = createCommandWorld();
  let last: string | undefined;
  const time = { get: async () => last, set: async (at: string) => void (last = at) };
  const { ledger } = made.context;
  const misses = { all: async () => made.misses, set: async () => undefined };
  const list = (everyMs = 7 * DAY_MS) =>
    listGone(time, { ...made.context, misses, enough: 3, everyMs, channel: 'C0OPS' });
  const told = async () =>
    Promise.all((await ledger.recent(10)).map(async (id) => incidentOf(await ledger.entries(id))));
  return { ...made, list, told };
}

describe('the list of nodes that are probably gone', () => {
  it('is said once a week, whoever was missed meanwhile, and not again after a restart', async () => {
    const { list, told, pass, misses } = world();
    misses.set('vast-2', { since: NOON, times: 40, reason: 'timeout' });
    await list();
    expect(await told()).toEqual([]);
    pass(7 * 24 * 60 - 1);
    await list();
    expect(await told()).toEqual([]);
    pass(1);
    await list();
    await list();
    const [one, ...more] = await told();
    expect(more).toEqual([]);
    expect(one).toMatchObject({ status: 'clear', isIncident: false, place: { channel: 'C0OPS' }, untold: false });
    expect(one === undefined ? '' : newsOf(one)).toBe('ℹ️ 1 node is probably gone: retire it?');
    expect(one?.notice?.[1]).toContain('vast-2  no answer since 2026-03-01 12:00 UTC, 40 looks in a row (timeout)');
    pass(7 * 24 * 60);
    await list();
    expect(await told()).toHaveLength(2);
  });

  it('is not said when nobody is gone, nor where nobody wants it', async () => {
    const { list, told, pass, misses } = world();
    await list();
    pass(8 * 24 * 60);
    await list();
    misses.set('vast-2', { since: NOON, times: 40, reason: 'timeout' });
    pass(8 * 24 * 60);
    await list(0);
    expect(await told()).toEqual([]);
  });
});
