import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockCharacters, blockFaults } from '../../src/demo/slack/block-rules.ts';
import { viewFaults } from '../../src/demo/slack/view-rules.ts';
import type { Event } from '../../src/domain/entry.ts';
import { UnknownReason } from '../../src/domain/fault.ts';
import { FindingCode, finding } from '../../src/domain/finding.ts';
import { TargetOutcome } from '../../src/domain/receipt.ts';
import { storyOf } from '../../src/slack/story.ts';
import { detailsView, evidenceView, rejectView } from '../../src/slack/views.ts';
import {
  alice,
  approvedAndBegun,
  checked,
  executed,
  incidentFrom,
  linkPlan,
  look,
  opened,
  planned,
  request,
  result,
} from './support/incidents.ts';

const nasty = (max: number, min = 0) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', minLength: min, maxLength: max }),
      fc
        .constantFrom('<', '&', '>', '<!channel> ', '<https://evil|click>')
        .map((part) => part.repeat(Math.ceil(max / part.length)).slice(0, max)),
    )
    .filter((text) => text.length >= min);
const node = fc.stringMatching(/^[a-z]{1,20}-[0-9]{1,4}[a-z]{0,20}$/);
const nodes = fc.uniqueArray(node, { minLength: 1, maxLength: 120 });
const model = fc.stringMatching(/^[a-z0-9]{1,20}_[234]p$/);

const report = nodes.chain((names) =>
  fc.record({
    findings: fc.array(
      fc
        .record({
          code: fc.constantFrom(...FindingCode.options),
          node: fc.constantFrom(...names),
          model,
          subject: nasty(255, 1),
          severity: fc.constantFrom('critical' as const, 'warning' as const),
          title: nasty(300, 1),
          evidence: fc.array(nasty(2_000), { maxLength: 4 }),
        })
        .map(finding),
      { maxLength: 200 },
    ),
    unknown: fc.array(
      fc.record({
        node: fc.constantFrom(...names),
        check: fc.constant('alias-links'),
        reason: fc.constantFrom(...UnknownReason.options),
        detail: nasty(1_000),
      }),
      { maxLength: 60 },
    ),
    notes: fc.array(nasty(500), { maxLength: 20 }),
  }),
);

const plan = fc
  .record({ names: nodes, summary: nasty(200, 1), title: nasty(300, 1), argument: nasty(4_096) })
  .map(({ names, summary, title, argument }) => {
    const base = linkPlan(names, { summary });
    return {
      ...base,
      targets: base.targets.map((target, index) => ({
        ...target,
        steps: target.steps.map((step) => ({
          ...step,
          title: `${title.slice(0, 290)}${index % 9}`,
          argv: ['link-alias', argument],
        })),
      })),
    };
  });

/** Every mention, link and date of a story is one that we wrote: people of the workspace, times, nothing else. */
const ours = /^<(@U0(ALICE|BOB|CAROL)|!date\^\d+\^[^|<>]*\|[0-9: -]+UTC)>$/;

it('every message of every incident is within what Slack accepts, and nobody else’s words are a mention, a link or a broadcast', () => {
  fc.assert(
    fc.property(
      report,
      plan,
      nasty(500),
      fc.array(fc.constantFrom(...TargetOutcome.options), { minLength: 1, maxLength: 40 }),
      nasty(8_000),
      (seen, repair, reason, outcomes, alert) => {
        const targets = outcomes.map((outcome, index) =>
          result(`n-${index}`, { outcome, detail: reason, before: [reason, `a: ${reason}`], after: [`a: ${reason}x`] }),
        );
        const histories: Event[][] = [
          [],
          [{ kind: 'rejected', request, by: alice, reason }],
          [...approvedAndBegun(repair), executed(repair, targets)],
          [
            {
              kind: 'planned',
              by: alice,
              plans: [],
              refusals: outcomes.map((_, index) => ({
                code: 'mount_suspect',
                text: `${reason}${index}`,
                nodes: repair.targets.map((target) => target.node),
              })),
            },
          ],
          [{ kind: 'check_failed', detail: reason.repeat(3) }],
        ];
        for (const history of histories) {
          const incident = incidentFrom([
            { ...opened, alert } as Event,
            checked(seen),
            ...planned(repair, 1),
            ...history,
          ]);
          const story = storyOf(incident, look);
          expect(new Set(story.map(({ key }) => key)).size).toBe(story.length);
          for (const message of story) {
            expect(blockFaults(JSON.parse(JSON.stringify(message.blocks)), 'message')).toEqual([]);
            expect(blockCharacters(message.blocks)).toBeLessThanOrEqual(8_000);
            expect(message.blocks.length).toBeLessThanOrEqual(45);
            expect(message.text.length).toBeLessThanOrEqual(1_000);
            const words = `${message.text}\n${mrkdwnOf(message.blocks).join('\n')}`;
            expect((words.match(/<[^>]*>?/g) ?? []).filter((special) => !ours.test(special))).toEqual([]);
            // Ours are line breaks alone: nothing moves a cursor, turns a line round or hides a word.
            expect(words.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
          }
          expect(viewFaults(JSON.parse(JSON.stringify(evidenceView(incident))))).toEqual([]);
        }
        expect(
          viewFaults(
            JSON.parse(
              JSON.stringify(
                detailsView(repair, incidentFrom([opened, ...planned(repair, 1)]).prompts[0] ?? neverMade(), undefined),
              ),
            ),
          ),
        ).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
}, 300_000);

it('the modal for a reason is one that Slack takes', () => {
  expect(viewFaults(rejectView({ request, channel: 'C0OPS', threadTs: '1.1' }))).toEqual([]);
});

function mrkdwnOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnOf);
  if (typeof value !== 'object' || value === null) return [];
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return [String(value.text)];
  return Object.values(value).flatMap(mrkdwnOf);
}

function neverMade(): never {
  throw new Error('the plan has no prompt');
}
