import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelRecord, RecordedDigest } from '../../src/domain/expected.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { spanAt } from '../../src/domain/history.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, aScope, opened } from '../support/builders/entries.ts';

const START = Date.parse('2026-03-01T00:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();

function line(index: number, sinceMs: number): RecordedDigest {
  const digest = index.toString(16).padStart(64, '0');
  return {
    digest,
    bytes: 40_000_000,
    mtimeS: 1,
    since: iso(sinceMs),
    from: 'hub',
    by: 'seen on the coordinator',
    provisional: false,
  };
}

/** A record whose digests became current at these times, oldest first. */
function recordOf(times: readonly number[]): ModelRecord {
  const [current = null, ...earlier] = times.map((ms, index) => line(index, ms)).toReversed();
  return { model: 'hex8_2p', current, candidate: null, earlier };
}

function worldWith(record: ModelRecord) {
  return createCommandWorld(undefined, record);
}

describe('history', () => {
  it('tells what was expected, since when and why, newest first', async () => {
    const said = textOf(await worldWith(recordOf([START, START + 3_600_000])).say('history hex8_2p'));
    expect(said.split('\n')).toEqual([
      'hex8_2p: 2 digests on record, newest first; where copies are: history hex8_2p --copies',
      expect.stringMatching(/^ {2}00000000 {2}2026-03-01 01:00 UTC to now +40 MB, from hub, seen on the coordinator$/),
      expect.stringMatching(/^ {2}00000000 {2}2026-03-01 00:00 UTC to 2026-03-01 01:00 UTC +40 MB/),
    ]);
  });

  it('says which promotion a digest is of, by the time of its file, and none that was told too far from it', async () => {
    const at = Date.parse('2026-03-01T12:00:00Z') / 1_000;
    const [current, earlier] = [
      { ...line(2, START + 1_000), mtimeS: at - 300 },
      { ...line(1, START), mtimeS: at - 1_000 },
    ];
    const world = worldWith({ model: 'hex8_2p', current, candidate: null, earlier: [earlier] });
    const promoted = (model: string) => ({
      ...opened({ by: 'alert:router', alert: 'MODEL_PROMOTED', scope: aScope({ models: [model] }) }),
    });
    await world.happened('i-00000001', promoted('hex8_2p'));
    await world.happened('i-00000002', promoted('hex8_4p'));
    const [, now, before] = textOf(await world.say('history hex8_2p')).split('\n');
    expect(now).toMatch(/, promotion told by alert:router at 2026-03-01 12:00 UTC \(i-00000001\)$/);
    expect(before).toMatch(/, seen on the coordinator$/);
    const json = (await world.say('history hex8_2p')) as { json?: { history: readonly unknown[] } };
    expect(json.json?.history).toMatchObject([{ promotion: { incident: 'i-00000001' } }, { promotion: null }]);
  });

  it('answers over a thousand digests in one message, the rest as a file', async () => {
    const reply = await worldWith(recordOf(Array.from({ length: 1_000 }, (_, index) => START + index * 1_000))).say(
      'history hex8_2p',
    );
    expect(textOf(reply)).toContain('… and 980 earlier ones');
    expect(reply).toMatchObject({ file: { content: expect.stringMatching(/(?:.*\n){1001}/) } });
  });

  it('is right at the second before, of and after each change', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 }), (seconds) => {
        const times = seconds.toSorted((a, b) => a - b).map((second) => START + second * 1_000);
        const record = recordOf(times);
        for (const [index, ms] of times.entries()) {
          const at = (moment: number) => spanAt(record, iso(moment))?.digest;
          expect(at(ms)).toBe(line(index, ms).digest);
          expect(at(ms + 999)).toBe(line(index, ms).digest);
          expect(at(ms - 1)).toBe(index === 0 ? undefined : line(index - 1, 0).digest);
        }
      }),
    );
  });

  it('says one moment, in any zone, and that nothing was on record before', async () => {
    const world = worldWith(recordOf([START]));
    expect(textOf(await world.say('history hex8_2p --at 2026-03-01T02:00+01:00'))).toContain(
      'hex8_2p at 2026-03-01T01:00:00.000Z: 00000000',
    );
    expect(textOf(await world.say('history hex8_2p --at 2026-02-28T23:59:59Z'))).toContain(
      'nothing of hex8_2p was on record',
    );
  });

  it.each([
    'history',
    'history nonsense',
    'history hex8_2p --at 01:40',
    'history hex8_2p --at 2026-03-01T01:40',
    'history hex8_2p now',
    'history hex8_2p on vast-1 on vast-2',
    'history hex8_2p on vast-1 --at noon',
    'history hex8_2p on nowhere-1',
    'history hex8_2p on vast-*',
  ])('refuses "%s"', async (words) => {
    expect(await worldWith(recordOf([])).say(words)).toMatchObject({ kind: 'refused' });
  });

  it('tells what one node had, from looks of the ledger, and of one moment what was seen before and after it', async () => {
    const world = createCommandWorld();
    const scope = aScope({ checks: ['model-digest'] });
    const expected = { hex8_2p: { digest: '3f'.repeat(32), since: iso(START), provisional: false } };
    const report = (findings: readonly Finding[]) => ({ findings: [...findings], unknown: [], notes: [] });
    await world.happened('i-00000001', opened(), { kind: 'checked', scope, report: report([]), ms: 1, expected });
    world.pass(10);
    await world.happened('i-00000002', opened(), {
      kind: 'checked',
      scope,
      report: report([aFinding()]),
      ms: 1,
      expected,
    });
    const lines = textOf(await world.say('history hex8_2p on vast-1')).split('\n');
    expect(lines[0]).toBe('hex8_2p on vast-1, newest first');
    expect(lines[1]).toMatch(/✗ ringrift_best_hex8_2p\.pth is missing \(i-00000002\)$/);
    expect(lines[2]).toMatch(/✓ 3f3f…3f3f, as expected \(i-00000001\)$/);
    const moment = textOf(await world.say('history hex8_2p on vast-1 --at 2026-03-01T12:05Z'));
    expect(moment).toContain(
      'hex8_2p on vast-1 at 2026-03-01T12:05:00.000Z: 3f3f…3f3f, as expected; last seen 2026-03-01T12:0',
    );
    expect(moment).toContain('next seen 2026-03-01T12:1');
    expect(textOf(await world.say('history hex8_2p on vast-2'))).toBe('nobody has looked at hex8_2p on vast-2 yet');
  });

  it('--copies asks all nodes where the bytes lie', async () => {
    const world = createCommandWorld();
    expect(await world.say('history hex8_2p --copies')).toMatchObject({ kind: 'begun', until: 'checked' });
    expect(world.dispatched.check).toMatchObject([
      { scope: { models: ['hex8_2p'], checks: ['reachable', 'model-copies'] } },
    ]);
    expect(await world.say('history hex8_2p --copies --at noon')).toMatchObject({ kind: 'refused' });
  });

  it('answers over a thousand looks in one message, and is right at the second before, of and after each change', async () => {
    const world = createCommandWorld();
    const scope = aScope({ checks: ['model-digest'] });
    const digestAt = (index: number): string => index.toString(16).padStart(64, '0').split('').toReversed().join('');
    for (let index = 0; index < 1_000; index += 1) {
      const incident = `i-${(0x10000000 + Math.floor(index / 10)).toString(16)}`;
      if (index % 10 === 0) await world.happened(incident, opened());
      const expected = { hex8_2p: { digest: digestAt(index), since: iso(START), provisional: false } };
      await world.happened(incident, {
        kind: 'checked',
        scope,
        report: { findings: [], unknown: [], notes: [] },
        ms: 1,
        expected,
      });
      world.pass(1);
    }
    const whole = await world.say('history hex8_2p on vast-1');
    expect(textOf(whole).split('\n')).toHaveLength(22);
    expect(whole).toMatchObject({ file: { content: expect.stringMatching(/(?:.*\n){1001}/) } });
    const noon = Date.parse('2026-03-01T12:00:00.000Z');
    const at = async (ms: number) => textOf(await world.say(`history hex8_2p on vast-1 --at ${iso(ms)}`));
    for (const index of [1, 9, 10, 500, 999]) {
      const change = noon + index * 60_000;
      const short = (one: number): string => `${digestAt(one).slice(0, 4)}…${digestAt(one).slice(-4)}, as expected`;
      expect(await at(change)).toContain(short(index));
      expect(await at(change + 1_000)).toContain(short(index));
      const [before = '', after = ''] = (await at(change - 1_000)).split('\n');
      expect(before).toContain(short(index - 1));
      expect(after).toContain(short(index));
    }
  });
});
