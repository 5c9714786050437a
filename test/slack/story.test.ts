import { describe, expect, it } from 'vitest';
import { viewFaults } from '../../src/demo/slack/view-rules.ts';
import type { PlanBeside } from '../../src/domain/beside.ts';
import type { Event } from '../../src/domain/entry.ts';
import type { Prompt } from '../../src/domain/incident-prompt.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import type { PlanSince } from '../../src/domain/plan-since.ts';
import { storyOf } from '../../src/slack/story.ts';
import type { StoryMessage } from '../../src/slack/story-message.ts';
import { detailsView } from '../../src/slack/views.ts';
import {
  alice,
  approvedAndBegun,
  bob,
  carol,
  checked,
  executed,
  foundThree,
  incidentFrom,
  linkPlan,
  look,
  missing,
  opened,
  planned,
  policy,
  request,
  result,
  unknown,
} from './support/incidents.ts';

const plan = linkPlan();
const story = (events: readonly Event[], more = look): StoryMessage[] => storyOf(incidentFrom(events), more);
const keys = (messages: readonly StoryMessage[]): string[] => messages.map(({ key }) => key);

function byKey(messages: readonly StoryMessage[], key: string): StoryMessage {
  const message = messages.find((one) => one.key === key);
  if (message === undefined) throw new Error(`no message ${key} among ${keys(messages).join(', ')}`);
  return message;
}

/** All words a person reads, blocks in order. */
function wordsOf({ blocks }: StoryMessage): string {
  return blocks
    .map((block) => {
      if (block.type === 'section') return block.text?.text ?? '';
      if (block.type === 'context')
        return block.elements.map((element) => ('text' in element ? String(element.text) : '')).join(' ');
      return '';
    })
    .join('\n');
}

function buttonsOf({ blocks }: StoryMessage): string[] {
  return blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.flatMap((element) => ('action_id' in element ? (element.action_id ?? '') : ''))
      : [],
  );
}

describe('the root message', () => {
  it('says what is being looked at before anything is known', () => {
    const [root, ...rest] = story([opened]);
    expect(rest).toEqual([]);
    expect(root?.text).toBe('⚪ Looking at hex8_2p on 8 nodes …');
  });

  it('says what is broken, where and how far, and who is affected, folded', () => {
    const root = byKey(story([opened, foundThree]), 'root');
    expect(root.text).toBe('🔴 hex8_2p is wrong on 3 of 8 nodes');
    const words = wordsOf(root);
    expect(words).toContain('`vast-[1-2]`: alias missing');
    expect(words).toContain('`nebius-h100-1`: alias points at another model');
    expect(words).toContain('`runpod-a100-3`: unknown (connection refused)');
    expect(words).toContain('nobody has it yet');
    expect(words).toMatch(/<!date\^1767582720\^\{date_short_pretty\} \{time\} \(\{ago\}\)\|2026-01-05 03:12 UTC>/);
    expect(buttonsOf(root)).toEqual(['fix', 'again', 'ack', 'silence', 'resolve']);
  });

  it('offers no repair where the installation only observes', () => {
    const root = byKey(story([opened, foundThree], { ...look, policy: { ...policy, mode: 'observe' } }), 'root');
    expect(buttonsOf(root)).toEqual(['dry', 'baseline', 'again', 'ack', 'silence', 'resolve']);
  });

  it('says who has it, and then offers that no more', () => {
    const root = byKey(story([opened, foundThree, { kind: 'acknowledged', by: bob }]), 'root');
    expect(wordsOf(root)).toContain('<@U0BOB> has it');
    expect(buttonsOf(root)).not.toContain('ack');
  });

  it('lists the causes that are told in it, escaped', () => {
    const causes = Array.from(
      { length: 9 },
      (_, index): Event => ({
        kind: 'joined',
        incident: `i-0000001${index}`,
        text: `cause ${index} <!channel>`,
      }),
    );
    const words = wordsOf(byKey(story([opened, ...causes, foundThree]), 'root'));
    expect(words).toContain('9 more causes, each an incident of its own');
    expect(words).toContain('• i-00000010 cause 0 &lt;!channel&gt;');
    expect(words).toContain('… and 1 more');
  });

  it('says who repairs by hand and until when', () => {
    const root = byKey(
      story([opened, foundThree, { kind: 'held', by: bob, until: '2026-01-05T04:12:00.000Z' }]),
      'root',
    );
    expect(wordsOf(root)).toContain('<@U0BOB> is fixing it by hand: its plans rest until');
  });

  it('calls nothing right that a person closed, and offers to look again', () => {
    const ids = incidentFrom([opened, foundThree]).findings.map(({ id }) => id);
    const closed = byKey(
      story([opened, foundThree, { kind: 'closed', by: alice, reason: '<!channel>', findings: ids }]),
      'root',
    );
    expect(closed.text).toBe('⚪ hex8_2p is wrong on 3 of 8 nodes');
    expect(wordsOf(closed)).toContain('closed by <@U0ALICE> with 3 findings left (&lt;!channel&gt;)');
    expect(buttonsOf(closed)).toEqual(['again']);
  });

  it('is short and without manners of an incident when a command finds nothing', () => {
    const messages = story([opened, checked()]);
    expect(keys(messages)).toEqual(['root']);
    expect(messages[0]?.text).toBe('🟢 hex8_2p is right on all 8 nodes');
    expect(buttonsOf(byKey(messages, 'root'))).toEqual([]);
    expect(wordsOf(byKey(messages, 'root'))).not.toContain('since');
  });

  it('is grey, not green and not red, when something is unknown', () => {
    const messages = story([opened, checked({ unknown: [unknown] })]);
    expect(messages[0]?.text).toBe('⚪ hex8_2p is right on 7 of 7 nodes that answer, 1 node is unknown');
    expect(wordsOf(byKey(messages, 'found'))).toContain(
      '`runpod-a100-3`  unknown: connection refused (2 tries); not counted as missing',
    );
  });

  it('claims nothing when no node answers', () => {
    const all = [...new Set(incidentFrom([opened]).scope.nodes)].map((node) => ({ ...unknown, node }));
    expect(story([opened, checked({ unknown: all })])[0]?.text).toBe(
      '⚪ Nothing is known of hex8_2p: none of the 8 nodes tells',
    );
  });

  it('counts models when there are many', () => {
    const findings = ['a_2p', 'b_2p', 'c_2p', 'd_2p'].map((model) => missing('vast-1', model));
    const messages = story([opened, checked({ findings })]);
    expect(messages[0]?.text).toBe('🔴 4 models are wrong on 1 of 8 nodes');
    expect(wordsOf(byKey(messages, 'found'))).toContain('`vast-1`  alias missing (4 models)');
  });

  it('shows the alert that opened it, made harmless', () => {
    const alert = 'MODEL_DISTRIBUTION_FAILED <!channel> <https://evil|click>';
    const root = byKey(story([{ ...opened, by: 'alert:generic', alert } as Event, foundThree]), 'root');
    expect(wordsOf(root)).toContain('alert: MODEL_DISTRIBUTION_FAILED &lt;!channel&gt; &lt;https://evil|click&gt;');
    expect(wordsOf(root)).toContain('an alert of generic');
  });
});

describe('what was found', () => {
  it('tells what was seen, what is unknown and what is not the cause', () => {
    const words = wordsOf(byKey(story([opened, foundThree]), 'found'));
    expect(words).toContain('3 findings and 1 unknown node, 8 nodes looked at in 0.4 s');
    expect(words).toContain(
      '`vast-[1-2]`  ringrift_best_hex8_2p.pth is missing: self-play there falls back to the heuristic',
    );
    expect(words).toContain('ringrift_best_hex8_2p.pth -&gt; canonical_hex8_4p.pth: it plays the 4-player model');
    expect(words).toContain('_Not the cause:_ transport (8 of 8 looked-at files have the promoted digest), daemon');
  });

  it('says once how what is refuted for several models begins', () => {
    const refuted = (words: string) => ({ verdict: 'refuted' as const, words, evidence: [] });
    const hypotheses = [
      refuted('transport is not it: 3 nodes got a_2p'),
      refuted('transport is not it: 6 nodes got b_2p'),
      refuted('the disk is not it: 40 GB are free'),
    ];
    const words = wordsOf(
      byKey(story([opened, checked({ findings: [missing('vast-1', 'a_2p')], hypotheses })]), 'found'),
    );
    expect(words).toContain(
      'transport is not it: 3 nodes got a_2p, 6 nodes got b_2p, the disk is not it: 40 GB are free',
    );
  });

  it('becomes a file with a preview when it is longer than eight lines', () => {
    const findings = Array.from({ length: 12 }, (_, index) => ({
      ...missing(`n${index}-x`),
      title: `different ${index}`,
    }));
    const found = byKey(story([opened, checked({ findings })]), 'found');
    expect(found.file?.name).toMatch(/^findings-i-00000001-[0-9a-f]{8}\.txt$/);
    expect(found.file?.content.trimEnd().split('\n')).toHaveLength(12);
    expect(wordsOf(found)).toContain('… and 4 more lines: all of it in the file below');
  });

  it('keeps what was found readable after a later clear look', () => {
    const found = byKey(story([opened, foundThree, checked({ unknown: [unknown] })]), 'found');
    expect(wordsOf(found)).toContain('ringrift_best_hex8_2p.pth is missing');
    expect(wordsOf(found)).toMatch(/Looked again .*none of it is there any more; `runpod-a100-3` unknown/);
  });

  it('tells two looks apart that saw the same within one minute', () => {
    const again = checked({ unknown: [unknown] });
    const second = wordsOf(byKey(story([opened, foundThree, again]), 'found'));
    const third = wordsOf(byKey(story([opened, foundThree, again, again]), 'found'));
    expect(second).toContain('(look 2)');
    expect(third).toContain('(look 3)');
  });
});

describe('planning', () => {
  it('says that there is nothing to do', () => {
    const messages = story([
      opened,
      checked(),
      { kind: 'plan_started', by: alice },
      { kind: 'planned', by: alice, plans: [], refusals: [] },
    ]);
    const last = messages.at(-1);
    expect(last?.key).toMatch(/^planning-/);
    expect(last?.text).toBe('Nothing to do: nothing that a repair could change is wrong (asked by <@U0ALICE>)');
  });

  it('tells refusals with their nodes, escaped', () => {
    const refusals = [
      { code: 'mount_suspect' as const, text: 'every link broke at once <!here>', nodes: ['vast-1', 'vast-2'] },
    ];
    const last = story([opened, foundThree, { kind: 'planned', by: alice, plans: [], refusals }]).at(-1);
    expect(last === undefined ? '' : wordsOf(last)).toContain('`vast-[1-2]`  every link broke at once &lt;!here&gt;');
  });

  it('tells a failure of our side, and what tries again', () => {
    const messages = story([opened, { kind: 'check_failed', detail: 'redis went away' }]);
    expect(messages[0]?.text).toBe('⚪ hex8_2p: the look at 8 nodes failed, nothing is known');
    expect(wordsOf(byKey(messages, messages[1]?.key ?? ''))).toContain('redis went away');
  });
});

describe('the prompt', () => {
  const asked = [opened, foundThree, ...planned(plan, 1)];
  const prompt = (events: readonly Event[]): StoryMessage => byKey(story(events), `prompt-${request}`);

  it('says what would run, what it risks, who may say yes and until when', () => {
    const waiting = prompt(asked);
    const words = wordsOf(waiting);
    expect(words).toMatch(/^\*Plan [0-9a-f]{8}: set 3 aliases to canonical_hex8_2p\.pth\*/);
    expect(words).toContain('reversible · no bytes moved · about 2 s');
    expect(words).toContain('canary `vast-2`, then 2 of 3 nodes · stops at the first failure');
    expect(words).toContain('asked by <@U0ALICE> · 1 approval needed from <@U0BOB> or <@U0CAROL> · *0 of 1*');
    expect(words).toMatch(/expires <!date\^\d+\^\{time\}\|2026-01-05 03:27 UTC> \(15 min to decide\)/);
    expect(buttonsOf(waiting)).toEqual(['approve', 'reject', 'details']);
    expect(waiting.broadcast).toBe(true);
    expect(byKey(story(asked), 'root').text).toBe('🔴 hex8_2p is wrong on 3 of 8 nodes');
    expect(wordsOf(byKey(story(asked), 'root'))).toContain('awaiting approval of plan');
  });

  it('asks the requester alone where no other approval is needed, and tells the channel nothing', () => {
    const waiting = prompt([opened, foundThree, ...planned(linkPlan(['vast-1', 'vast-2']), 0)]);
    expect(wordsOf(waiting)).toContain(
      'no approval by others needed: <@U0ALICE>, <@U0BOB> or <@U0CAROL> may press Approve',
    );
    expect(waiting.broadcast).toBe(false);
  });

  it('asks once more before weights are replaced', () => {
    const weights = linkPlan(['vast-1'], { risk: 'replaces-weights' });
    const waiting = prompt([opened, foundThree, ...planned(weights, 2)]);
    const confirms = waiting.blocks.flatMap((block) =>
      block.type === 'actions' ? block.elements.filter((element) => 'confirm' in element) : [],
    );
    expect(confirms).toHaveLength(1);
    expect(wordsOf(waiting)).toContain('*0 of 2*');
  });

  it('counts approvals, not the requester’s own press', () => {
    const weights = linkPlan(['vast-1'], { risk: 'replaces-weights' });
    const events: Event[] = [
      opened,
      foundThree,
      ...planned(weights, 2),
      { kind: 'approved', request, by: alice },
      { kind: 'approved', request, by: bob },
    ];
    expect(wordsOf(prompt(events))).toContain('*1 of 2*');
  });

  it('shows both times: until when people may decide, and how long the approved plan may wait', () => {
    const [first, second, third] = planned(plan, 1);
    const events = [opened, foundThree, first, second, { ...third, runMinutes: 10 }] as Event[];
    expect(wordsOf(prompt(events))).toMatch(/expires <!date[^>]*> \(15 min to decide, then 10 min to begin\)/);
  });

  it('shows reach, links, who has the file open, an idle canary, and what is different from the last such plan', () => {
    const hash = hashPlan(plan);
    const beside: PlanBeside = {
      plan: hash,
      of: 8,
      seconds: 70,
      links: [{ provider: 'vast', nodes: 2, bytes: 40_000_000, mbit: 200, assumed: false, seconds: 3 }],
      open: [{ node: 'vast-1', models: ['hex8_2p'], processes: 2 }],
      unsure: [],
    };
    const since: PlanSince = {
      plan: 'cd'.repeat(32),
      at: '2026-01-04T03:12:00.000Z',
      state: 'rejected',
      rejected: { by: bob, reason: 'not now <!channel>' },
      added: ['vast-2'],
      gone: [{ node: 'lambda-1', how: 'locked', by: carol, why: 'disk <!here> swap' }],
      digests: [],
      changed: [],
    };
    const [first, second, third] = planned(plan, 1);
    const events = [opened, foundThree, first, { ...second, beside: [beside] }, { ...third, since }] as Event[];
    const words = wordsOf(prompt(events));
    expect(words).toContain('about 1 min');
    expect(words).toContain('reaches 3 of 8 nodes · vast: up to 40 MB a node at 200 Mbit/s, 3 s');
    expect(words).toContain('2 processes have hex8_2p open on `vast-1`');
    expect(words).toContain('canary `vast-2` (idle), then 2 of 3 nodes');
    expect(words).toMatch(
      /differs from plan cdcdcdcd of <!date[^>]*>, which was rejected: \+ `vast-2`, - `lambda-1` \(locked by <@U0CAROL>: “disk &lt;!here&gt; swap”\)/,
    );
    expect(words).toContain('<@U0BOB> rejected that one: not now &lt;!channel&gt;');
    expect(viewFaults(detailsView(plan, incidentFrom(events).prompts[0] as Prompt, beside))).toEqual([]);
  });

  it('says when the same plan was asked for again, beside the prompt and where the thread goes on', () => {
    const messages = story([...asked, { kind: 'renewed', request, by: bob }]);
    expect(wordsOf(byKey(messages, `prompt-${request}`))).toContain('the plan is the same, so its approvals stand');
    expect(byKey(messages, `renewed-${request}-0`).text).toContain('goes on, with 0 of 1 approvals');
  });

  it('keeps one button when it has expired, and a way to plan again when it is stale', () => {
    expect(buttonsOf(prompt([...asked, { kind: 'expired', request }]))).toEqual(['replan']);
    const stale = prompt([...asked, { kind: 'stale', request, because: 'vast-1 is right by now' }]);
    expect(buttonsOf(stale)).toEqual(['replan', 'details']);
  });

  const begun = [...asked, ...approvedAndBegun(plan)];
  const endings: [string, Event[], RegExp][] = [
    [
      'rejected',
      [...asked, { kind: 'rejected', request, by: bob, reason: 'not now <!channel>' }],
      /\*Rejected by <@U0BOB> <!date[^>]*>\*: not now &lt;!channel&gt;\. Nothing was run\./,
    ],
    [
      'expired',
      [...asked, { kind: 'expired', request }],
      /\*Expired <!date[^>]*>\*: nobody decided in time\. Nothing was run\./,
    ],
    [
      'superseded',
      [...asked, { kind: 'superseded', request, because: 'a newer plan exists' }],
      /Superseded .*a newer plan exists/,
    ],
    [
      'replaced by somebody',
      [...asked, { kind: 'superseded', request, by: carol, because: 'plan 91e0c4d2 has taken its place' }],
      /\*Superseded by <@U0CAROL> <!date[^>]*>\*: plan 91e0c4d2 has taken its place\. Nothing was run\./,
    ],
    [
      'withdrawn',
      [...asked, { kind: 'withdrawn', request, by: alice, reason: 'not wanted' }],
      /\*Withdrawn by <@U0ALICE> <!date[^>]*>\*: not wanted\. Nothing was run\./,
    ],
    [
      'stale',
      [...asked, { kind: 'stale', request, because: 'vast-1 is right by now' }],
      /\*Stale <!date[^>]*>\*: vast-1 is right by now\. Nothing was run\./,
    ],
    [
      'expired with some of the approvals',
      [opened, foundThree, ...planned(plan, 2), { kind: 'approved', request, by: bob }, { kind: 'expired', request }],
      /\*Expired <!date[^>]*>\*: 1 of 2 approvals in time\. Nothing was run\./,
    ],
    [
      'refused',
      [
        ...asked,
        ...approvedAndBegun(plan).slice(0, 2),
        { kind: 'refused', request, by: bob, code: 'plan_stale', text: 'vast-1 changed. Nothing was run.' },
      ],
      /\*Refused <!date[^>]*>\*: vast-1 changed\. Nothing was run\.$/m,
    ],
    ['approved', [...asked, ...approvedAndBegun(plan).slice(0, 2)], /approved by <@U0BOB>[\s\S]*it is about to run/],
    [
      'running',
      [
        ...begun,
        { kind: 'target_ended', receipt: 'r-0412aa07', result: result('vast-2') },
        { kind: 'step_started', receipt: 'r-0412aa07', node: 'vast-1', step: 'link-1', title: 'link it', undo: false },
      ],
      /✓ verified: `vast-2`\n… `vast-1`: link it\n1 of 3 nodes done/,
    ],
    [
      'running, with bytes ahead of their turn',
      [
        ...begun,
        { kind: 'step_started', receipt: 'r-0412aa07', node: 'vast-1', step: 'send', title: 'send it', undo: false },
        ...['vast-1', 'vast-2', 'nebius-h100-1'].map(
          (node): Event => ({
            kind: 'ahead_started',
            receipt: 'r-0412aa07',
            node,
            step: 'send',
            temporary: '.medic-x',
          }),
        ),
        { kind: 'ahead_ended', receipt: 'r-0412aa07', node: 'vast-2', step: 'send', ok: true, detail: '', ms: 9 },
      ],
      /… `vast-1`: send it\n… `nebius-h100-1`: bytes come ahead of its turn, under a temporary name\n… `vast-2`: the bytes are there under a temporary name, its turn is to come\n0 of 3/,
    ],
    [
      'finished',
      [...begun, executed(plan, [result('vast-1'), result('vast-2'), result('nebius-h100-1')])],
      /\*Done\*: receipt r-0412aa07 below/,
    ],
  ];
  it.each(endings)('%s: the buttons that decide are gone, and it says how it stands', (_, events, words) => {
    const message = prompt(events);
    expect(wordsOf(message)).toMatch(words);
    expect(buttonsOf(message)).not.toContain('approve');
    expect(buttonsOf(message)).not.toContain('reject');
  });

  it('never shows a running plan in the words of a waiting one', () => {
    expect(byKey(story(begun), 'root').text).toBe('🟡 hex8_2p is wrong on 3 of 8 nodes');
    expect(wordsOf(byKey(story(begun), 'root'))).toContain('repairing: 0 of 3 nodes done');
  });
});

describe('the receipt', () => {
  const begun = [opened, foundThree, ...planned(plan, 1), ...approvedAndBegun(plan)];

  it('shows before and after, folded, and who asked and approved', () => {
    const other = result('nebius-h100-1', { before: ['ringrift_best_hex8_2p.pth: -> canonical_hex8_4p.pth'] });
    const receipt = byKey(
      story([...begun, executed(plan, [result('vast-1'), result('vast-2'), other])]),
      'receipt-r-0412aa07',
    );
    expect(receipt.text).toBe('✅ Done: 3 of 3 nodes verified');
    const words = wordsOf(receipt);
    expect(words).toContain('`vast-[1-2]`  ringrift_best_hex8_2p.pth: missing → canonical_hex8_2p.pth; ✓ verified');
    expect(words).toContain(
      '`nebius-h100-1`  ringrift_best_hex8_2p.pth: canonical_hex8_4p.pth → canonical_hex8_2p.pth',
    );
    expect(words).toContain('1.8 s · plan ');
    expect(words).toContain('asked by <@U0ALICE>, approved by <@U0BOB> · hex8_2p 3fa1…c09e');
    expect(receipt.broadcast).toBe(true);
  });

  it('can be ended early while it runs, and says who did', () => {
    const prompt = (events: Parameters<typeof story>[0]) => byKey(story(events), `prompt-${request}`);
    const button = (events: Parameters<typeof story>[0]) =>
      JSON.stringify(prompt(events).blocks).includes('"action_id":"cancel"');
    expect(button([opened, foundThree, ...planned(plan, 1)])).toBe(false);
    expect(button(begun)).toBe(true);
    const asked = { kind: 'cancel_requested', receipt: 'r-0412aa07', by: alice } as const;
    expect(button([...begun, asked])).toBe(false);
    expect(wordsOf(prompt([...begun, asked]))).toContain('Cancelled by <@U0ALICE>: what runs now ends');
    const ended = executed(plan, [result('vast-1'), result('vast-2', { outcome: 'not_started' })]);
    if (ended.kind !== 'executed') throw new Error('no receipt');
    const cancelled = { ...ended, receipt: { ...ended.receipt, cancelledBy: alice } };
    const receipt = byKey(story([...begun, asked, cancelled]), 'receipt-r-0412aa07');
    expect(receipt.text).toBe('🛑 Cancelled: 1 of 2 nodes verified');
    expect(wordsOf(receipt)).toContain('cancelled by <@U0ALICE>');
  });

  it('offers the way back until it was gone', () => {
    const done = [...begun, executed(plan, [result('vast-1')])];
    const actions = (events: Parameters<typeof story>[0]) =>
      JSON.stringify(byKey(story(events), 'receipt-r-0412aa07').blocks).includes('"action_id":"rollback"');
    expect(actions(done)).toBe(true);
    expect(actions([...begun, executed(plan, [result('vast-1', { outcome: 'rolled_back' })])])).toBe(false);
    const back = { ...plan, repair: 'rollback', params: { receipt: 'r-0412aa07' }, verify: [] };
    const second = 'cd'.repeat(16);
    const ended = executed(back, [result('vast-1')]);
    if (ended.kind !== 'executed') throw new Error('no receipt');
    const later = [...planned(back, 1, second), ...approvedAndBegun(back, second)].map((event) =>
      event.kind === 'execution_started' ? { ...event, receipt: 'r-0412aa08' } : event,
    );
    const receipt = { ...ended.receipt, id: 'r-0412aa08' };
    expect(actions([...done, ...later, { kind: 'executed', receipt }])).toBe(false);
  });

  it('does not call a half success a success, and says who can go on', () => {
    const lost = result('vast-2', { outcome: 'lost', detail: 'the connection went away', after: [] });
    const receipt = byKey(story([...begun, executed(plan, [result('vast-1'), lost])]), 'receipt-r-0412aa07');
    expect(receipt.text).toBe('⚠️ Partly done: 1 of 2 nodes verified');
    expect(wordsOf(receipt)).toContain(
      '`vast-2`  ? lost: nobody saw how it ended, a person has to look: the connection went away',
    );
    expect(wordsOf(receipt)).toContain('A person has to look');
  });

  it('leads to a green root that still tells the unknown node', () => {
    const after = [executed(plan, [result('vast-1')]), checked({ unknown: [unknown] })];
    const messages = story([...begun, ...after]);
    expect(messages[0]?.text).toBe('🟢 hex8_2p is right on 7 of 7 nodes that answer, 1 node is unknown');
    expect(wordsOf(byKey(messages, 'root'))).toContain('resolved · open ');
    expect(keys(messages)).toEqual(['root', 'found', `prompt-${request}`, 'receipt-r-0412aa07']);
  });
});

it('tells the same story for the same entries', () => {
  const events = [opened, foundThree, ...planned(plan, 1), ...approvedAndBegun(plan)];
  expect(JSON.stringify(story(events))).toBe(JSON.stringify(story(events)));
});
