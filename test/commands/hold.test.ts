import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened, planned, requested } from '../support/builders/entries.ts';
import { aPlan, BOB } from '../support/builders/plans.ts';

const plan = aPlan(['vast-1'], { risk: 'replaces-weights' });

async function aWorld() {
  const world = createCommandWorld();
  await world.happened('i-00000001', opened(), looked([aFinding()]), planned(plan));
  await world.happened('i-00000001', requested(plan, { notAfter: '2026-03-01T15:00:00.000Z' }));
  return world;
}

const approve = (world: Awaited<ReturnType<typeof aWorld>>) =>
  world.context.desk.approve('0123456789abcdef0123456789abcdef', BOB);

describe('hold', () => {
  it('stops the plans of an incident for an hour, and puts on record who tried', async () => {
    const world = await aWorld();
    expect(textOf(await world.say('hold i-00000001'))).toContain('No plan of i-00000001 begins before 13:00 UTC');
    expect(await approve(world)).toMatchObject({ kind: 'refused', refusal: { code: 'on_hold' } });
    expect((await world.kinds('i-00000001')).at(-1)).toBe('refused');
    world.pass(59);
    expect(await approve(world)).toMatchObject({ refusal: { code: 'on_hold' } });
    world.pass(1);
    expect(await approve(world)).toMatchObject({ kind: 'counted', have: 1 });
  });

  it('is ended with off', async () => {
    const world = await aWorld();
    await world.say('hold i-00000001');
    expect(textOf(await world.say('hold i-00000001 off'))).toContain('may run again');
    expect(await approve(world)).toMatchObject({ kind: 'counted' });
    expect(textOf(await world.say('hold i-00000001 off'))).toContain('Nobody holds');
  });

  it('holds back what has its last yes already', async () => {
    const world = await aWorld();
    await world.happened('i-00000001', { kind: 'approved', request: '0123456789abcdef0123456789abcdef', by: BOB });
    await world.say('hold i-00000001');
    await world.context.desk.tend();
    expect(world.dispatched.execute).toEqual([]);
  });

  it.each([
    ['hold', 'usage'],
    ['hold i-00000001 for 2h', 'usage'],
    ['hold i-00000009', 'incident_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    expect(await (await aWorld()).say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
