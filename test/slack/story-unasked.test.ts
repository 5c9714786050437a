import { describe, expect, it } from 'vitest';
import { MEDIC } from '../../src/domain/asker.ts';
import type { Event } from '../../src/domain/entry.ts';
import { hashPlan, type Plan } from '../../src/domain/plan.ts';
import { storyOf } from '../../src/slack/story.ts';
import type { StoryMessage } from '../../src/slack/story-message.ts';
import { evidenceView } from '../../src/slack/views.ts';
import {
  checked,
  foundThree,
  incidentFrom,
  linkPlan,
  look,
  missing,
  opened,
  policy,
  request,
} from './support/incidents.ts';

const plan = linkPlan();
const wordsOf = (message: StoryMessage | undefined): string => JSON.stringify(message?.blocks ?? []);
const story = (events: readonly Event[], more = look) => storyOf(incidentFrom(events), more);
const messageOf = (events: readonly Event[], key: string, more = look) =>
  story(events, more).find((one) => one.key.startsWith(key));

/** medic has planned by itself. */
function unasked(plans: readonly Plan[], refusals: readonly string[] = []): Event {
  return {
    kind: 'planned',
    by: MEDIC,
    plans: [...plans],
    refusals: refusals.map((text) => ({ code: 'gone', text, nodes: ['vast-1'] })),
  };
}
const prompted = (needed: number): Event => ({
  kind: 'requested',
  request,
  plan: hashPlan(plan),
  requester: MEDIC,
  needed,
  notAfter: '2026-01-05T03:30:00.000Z',
});

describe('what medic planned by itself', () => {
  it('says that nobody has asked for it, and who may say yes in which place', () => {
    const many = { ...look, policy: { ...policy, approvals: { ...policy.approvals, few: 0 } } };
    const words = wordsOf(messageOf([opened, foundThree, unasked([plan]), prompted(2)], 'prompt', many));
    expect(words).toContain('made by medic itself: nobody has asked for it');
    expect(words).toMatch(/2 yeses needed: 1 approval from .*<@U0BOB>.*, and one more person who could have asked: /);
    expect(words).toContain('*0 of 2*');
    expect(words).not.toContain('an alert of');
  });

  it('counts a yes in the place of who would have asked', () => {
    const many = { ...look, policy: { ...policy, approvals: { ...policy.approvals, few: 0 } } };
    const yes: Event = { kind: 'approved', request, by: 'T0TEAM/U0ALICE' };
    const words = wordsOf(messageOf([opened, foundThree, unasked([plan]), prompted(2), yes], 'prompt', many));
    expect(words).toContain('*1 of 2* (<@U0ALICE>)');
  });

  it('says why there is no plan, and what to do instead; that nothing is left to do is not said twice', () => {
    const none = messageOf([opened, foundThree, unasked([], ['its disk may not be mounted'])], 'planning');
    expect(none?.text).toBe('No repair can be planned');
    expect(wordsOf(none)).toMatch(/its disk may not be mounted.*Plan the repair/);
    expect(messageOf([opened, foundThree, unasked([])], 'planning')).toBeUndefined();
  });
});

it('names plans that nobody is asked to approve, where medic only observes', () => {
  const observing = { ...look, policy: { ...policy, mode: 'observe' as const } };
  const dry: Event = { kind: 'planned', by: 'T0TEAM/U0ALICE', plans: [plan], refusals: [], dry: true };
  const words = wordsOf(messageOf([opened, foundThree, dry], 'planning', observing));
  expect(words).toContain('1 plan would mend it (asked by <@U0ALICE>)');
  expect(words).toContain(`\`${hashPlan(plan).slice(0, 8)}\``);
  expect(words).toContain('nothing waits for approval');
});

describe('what somebody changed past medic', () => {
  const change = {
    node: 'vast-1',
    name: 'ringrift_best_hex8_2p.pth',
    before: 'missing',
    after: '-> <!channel>.pth',
    since: '2026-01-05T03:10:00.000Z',
    until: '2026-01-05T03:12:00.000Z',
    owner: 'ubuntu',
  };
  const after = checked({ outside: [change, { ...change, node: 'vast-2' }] });

  it('is told folded, escaped, with whose it is, while something is wrong', () => {
    const told = messageOf([opened, foundThree, after], 'outside');
    expect(told?.text).toBe('Changed outside medic on 2 nodes');
    const words = wordsOf(told);
    expect(words).toContain(
      '`vast-[1-2]`  ringrift_best_hex8_2p.pth: missing =&gt; -&gt; &lt;!channel&gt;.pth, owned by ubuntu',
    );
    expect(words).toContain('2026-01-05 03:10 UTC');
  });

  it('is nobody’s news while all is well', () => {
    expect(messageOf([opened, checked(), after], 'outside')).toBeUndefined();
  });
});

it('says what findings were read off, one line in the thread and the whole of it as evidence', () => {
  const asked = [
    { question: 'models-survey ~/models x.pth', code: 0, at: '2026-01-05T03:12:04.000Z', excerpt: 'x.pth l N `<@U1>`' },
  ];
  const found = checked({ findings: [{ ...missing('vast-1'), asked }] });
  expect(wordsOf(messageOf([opened, found], 'found'))).toContain('_Read off:_ models-survey (exit 0 on 1 node)');
  const evidence = JSON.stringify(evidenceView(incidentFrom([opened, found])));
  expect(evidence).toContain('$ models-survey ~/models x.pth: exit 0 at 03:12:04 UTC: “x.pth l N ˋ<@U1>ˋ”');
});
