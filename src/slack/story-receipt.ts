import { shortDigest } from '../domain/digest.ts';
import type { Incident } from '../domain/incident.ts';
import type { NodeName } from '../domain/names.ts';
import { reversible } from '../domain/plan.ts';
import { outcomeOf, type Receipt, type TargetResult } from '../domain/receipt.ts';
import { markWords } from '../domain/trail.ts';
import { between, count, duration, joined, outcomeWords, shortHash } from '../domain/wording.ts';
import { buttons, sections, smallPrint } from './blocks.ts';
import { escaped, plain } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { LINES_MAX, type StoryLook, type StoryMessage, storyFile, storyMessage } from './story-message.ts';
import { outcomeSigns } from './wording.ts';

const NAMES_SHOWN_MAX = 3;
const STATE_MAX = 120;

/** What was done and whether it helped: before and after of every node, folded; who asked and who said yes. */
export function receiptMessage(incident: Incident, receipt: Receipt, { names }: StoryLook): StoryMessage {
  const sealed = incident.executions.find((one) => one.receipt === receipt.id)?.sealed;
  const prompt = incident.prompts.find((one) => one.receipt === receipt.id);
  const outcome = outcomeOf(receipt);
  const rows = [...folded(receipt.targets)].map(([words, nodes]) => `${nodesLabel(nodes)}  ${words}`);
  const file = rows.length > LINES_MAX ? receiptFile(receipt) : undefined;
  const shown =
    file === undefined
      ? rows
      : [
          ...rows.slice(0, LINES_MAX),
          `… and ${count(rows.length - LINES_MAX, 'more line')}: all of it in the file below`,
        ];
  const news = headline(receipt);
  const approved = receipt.approvers.length === 0 ? undefined : `approved by ${joined(receipt.approvers.map(names))}`;
  const small = [
    duration(between(receipt.startedAt, receipt.endedAt)),
    `plan ${shortHash(receipt.plan)}`,
    `asked by ${names(receipt.requester)}${approved === undefined ? '' : `, ${approved}`}`,
    receipt.breakGlass === undefined ? undefined : `glass broken by ${names(receipt.breakGlass.by)}`,
    receipt.cancelledBy === undefined ? undefined : `cancelled by ${names(receipt.cancelledBy)}`,
    digests(incident, receipt),
    `receipt ${receipt.id}`,
    // It leaves the machine that keeps the trail: one that is cut back later has another.
    sealed === undefined ? undefined : `trail ${markWords(sealed)}`,
  ];
  return storyMessage({
    key: `receipt-${receipt.id}`,
    place: 'thread',
    // An approval that was asked for in the channel is answered in the channel; so is what did not go well.
    broadcast: outcome !== 'done' || (prompt !== undefined && prompt.needed > 0),
    text: news,
    blocks: [
      ...sections([`*${news}*`, ...shown, ...noteOf(receipt), ...nextStep(receipt)]),
      ...wayBack(incident, receipt),
      ...smallPrint(small),
    ],
    ...(file === undefined ? {} : { file }),
  });
}

/** The button that plans the way back, as long as something of this receipt stands. */
function wayBack({ plans, executions }: Incident, { id, plan, targets }: Receipt) {
  const ran = plans.get(plan);
  const stands = targets.some(({ outcome }) => outcome === 'verified');
  const takenBack = executions.some(({ plan: hash, finished }) => {
    const later = plans.get(hash);
    const isBack = later?.repair === 'rollback' && later.params['receipt'] === id;
    return isBack && finished !== undefined && outcomeOf(finished) === 'done';
  });
  if (ran === undefined || !stands || takenBack || !reversible(ran)) return [];
  return buttons([{ action: 'rollback', text: 'Roll back', value: id }]);
}

function headline(receipt: Receipt): string {
  const total = receipt.targets.length;
  const right = receipt.targets.filter(({ outcome }) => outcome === 'verified' || outcome === 'already_right').length;
  const ended = { done: '✅ Done', partial: '⚠️ Partly done', failed: '❌ Failed' }[outcomeOf(receipt)];
  const word = receipt.cancelledBy === undefined ? ended : '🛑 Cancelled';
  return `${word}: ${right} of ${count(total, 'node')} verified`;
}

function folded(targets: readonly TargetResult[]): Map<string, NodeName[]> {
  const rows = new Map<string, NodeName[]>();
  for (const target of targets) {
    const words = targetWords(target);
    rows.set(words, [...(rows.get(words) ?? []), target.node]);
  }
  return rows;
}

function targetWords({ outcome, detail, before, after, how = [] }: TargetResult): string {
  const end = `${outcomeSigns[outcome]} ${outcomeWords[outcome]}`;
  if (outcome !== 'verified') return `${end}${detail === '' ? '' : `: ${escaped(detail, 400)}`}`;
  const changes = changed(before, after);
  const shown = changes
    .slice(0, NAMES_SHOWN_MAX)
    .map(({ name, was, is }) => `${escaped(name, STATE_MAX)}: ${escaped(was, STATE_MAX)} → ${escaped(is, STATE_MAX)}`);
  const more = changes.length > NAMES_SHOWN_MAX ? [`and ${count(changes.length - NAMES_SHOWN_MAX, 'more name')}`] : [];
  const came = how.slice(0, NAMES_SHOWN_MAX).map((way) => `came ${escaped(way, 400)}`);
  return [...shown, ...more, end, ...came].join('; ');
}

/** Lines `name: state` of before and after side by side; what did not change is left out unless nothing did. */
function changed(before: readonly string[], after: readonly string[]): { name: string; was: string; is: string }[] {
  const was = new Map(before.map(split));
  const is = new Map(after.map(split));
  const names = [...new Set([...is.keys(), ...was.keys()])];
  const rows = names.map((name) => ({
    name,
    was: was.get(name) ?? 'not looked at',
    is: is.get(name) ?? 'not looked at',
  }));
  const different = rows.filter((row) => row.was !== row.is);
  return different.length > 0 ? different : rows;
}

function split(line: string): readonly [string, string] {
  const at = line.indexOf(': ');
  // The arrow of a link would stand beside the one between before and after.
  return at === -1 ? [line, 'present'] : [line.slice(0, at), line.slice(at + 2).replace(/^-> /, '')];
}

function digests(incident: Incident, receipt: Receipt): string | undefined {
  const source = Object.entries(incident.plans.get(receipt.plan)?.source ?? {});
  const [first, ...more] = source;
  if (first === undefined) return undefined;
  const [model, { digest }] = first;
  return `${model} ${shortDigest(digest)}${more.length === 0 ? '' : ` and ${more.length} more`}`;
}

function noteOf({ note }: Receipt): string[] {
  return note === undefined ? [] : [`*${escaped(note, 500)}*`];
}

function nextStep(receipt: Receipt): string[] {
  const outcomes = new Set(receipt.targets.map(({ outcome }) => outcome));
  if (outcomes.has('stuck') || outcomes.has('lost')) {
    return [
      `A person has to look at the nodes marked above. \`@medic receipt ${receipt.id}\` shows every step; *Diagnose again* on the first message measures them.`,
    ];
  }
  if (outcomeOf(receipt) === 'done') return [];
  return ['The rest is as it was. *Plan the repair* on the first message makes a new plan for it.'];
}

function receiptFile(receipt: Receipt): NonNullable<StoryMessage['file']> {
  const lines = receipt.targets.map(({ node, outcome, detail, before, after }) =>
    [
      node,
      outcome,
      plain(detail),
      `before: ${before.map((line) => plain(line)).join(' | ')}`,
      `after: ${after.map((line) => plain(line)).join(' | ')}`,
    ].join('\t'),
  );
  return storyFile(`receipt-${receipt.id}`, `Receipt ${receipt.id}`, lines);
}
