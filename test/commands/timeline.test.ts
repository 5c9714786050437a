import { describe, expect, it } from 'vitest';
import type { SetAside } from '../../src/domain/entry.ts';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { ALICE, BOB, NOON, REQUEST } from '../support/builders/plans.ts';

describe('timeline', () => {
  it('tells every entry with its time, as lines, as JSON and as a document', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]), { kind: 'acknowledged', by: ALICE });
    const reply = await world.say('timeline', ALICE, 'i-00000001');
    expect(textOf(reply)).toBe(
      [
        'i-00000001: 🔴 hex8_2p is wrong on 1 of 1 node · 3 entries',
        `  2026-03-01 12:00:00  ${ALICE} asked: check`,
        '  2026-03-01 12:00:00  the look ended after 0.4 s: 1 finding: vast-1: ringrift_best_hex8_2p.pth is missing',
        `  2026-03-01 12:00:00  ${ALICE} has it`,
      ].join('\n'),
    );
    expect(reply).toMatchObject({
      json: {
        incident: 'i-00000001',
        status: 'open',
        timeline: [{ kind: 'opened' }, { kind: 'checked' }, { kind: 'acknowledged', who: ALICE }],
      },
      file: {
        name: expect.stringMatching(/^timeline-i-00000001-[0-9a-f]{8}\.md$/),
        content: expect.stringContaining('| 2026-03-01 12:00:00 |'),
      },
    });
  });

  it('is a document that a review can start from, and the same for programs', async () => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened(), looked([aFinding()]));
    const document = await world.say('timeline i-00000001');
    expect(document).toMatchObject({ file: { content: expect.stringContaining('## What was wrong\n\n- vast-1: ') } });
    const file = await world.say('timeline i-00000001 json');
    if (file.kind !== 'said') throw new Error('it was refused');
    expect(file.file?.name).toMatch(/\.json$/);
    expect(JSON.parse(file.file?.content ?? '')).toMatchObject({
      incident: 'i-00000001',
      found: [{ node: 'vast-1', code: 'alias_missing' }],
      receipts: [],
      timeline: [{ kind: 'opened' }, { kind: 'checked' }],
    });
  });

  it('shows what counts for nothing apart, also where there is nothing else', async () => {
    const world = createCommandWorld();
    const approved = { kind: 'approved', request: REQUEST, by: BOB } as const;
    const aside: SetAside = { id: '1-0', incident: 'i-00000001', at: NOON, why: 'unsigned', key: '', event: approved };
    world.ledger.setAside = async (incident) => (incident === 'i-00000001' ? [aside] : []);
    const lines = [
      '1 entry counted for nothing:',
      `  ✗ 2026-03-01 12:00:00  ${BOB} approved  (unsigned)`,
      expect.stringContaining('unsigned: nobody signed it'),
    ];
    expect(textOf(await world.say('timeline i-00000001')).split('\n')).toEqual([
      'i-00000001 is no incident that counts.',
      ...lines,
    ]);
    await world.happened('i-00000001', opened());
    expect(
      textOf(await world.say('timeline i-00000001'))
        .split('\n')
        .slice(-3),
    ).toEqual(lines);
  });

  it.each([
    ['timeline', 'usage'],
    ['timeline i-00000001 all', 'usage'],
    ['timeline i-00000009', 'incident_unknown'],
  ])('%s is refused as %s', async (words, code) => {
    const world = createCommandWorld();
    await world.happened('i-00000001', opened());
    expect(await world.say(words)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
