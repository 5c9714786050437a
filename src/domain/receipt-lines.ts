import { foldNames } from './fold-names.ts';
import { outcomeOf, type Receipt, type TargetResult } from './receipt.ts';
import { markWords, type TrailMark } from './trail.ts';
import { between, duration, outcomeWords, shortHash } from './wording.ts';

/** A receipt in lines: the news, what was before and is after on equal nodes, who asked and approved, and how far the kept trail was then. */
export function receiptLines(receipt: Receipt, sealed?: TrailMark): string[] {
  const total = receipt.targets.length;
  const right = receipt.targets.filter(({ outcome }) => outcome === 'verified' || outcome === 'already_right').length;
  const ended = { done: 'Done', partial: 'Partly done', failed: 'Failed' }[outcomeOf(receipt)];
  const news = receipt.cancelledBy === undefined ? ended : 'Cancelled';
  return [
    `${news}: ${right} of ${total} ${total === 1 ? 'node' : 'nodes'} verified · receipt ${receipt.id}`,
    ...(receipt.note === undefined ? [] : [`  ${receipt.note}`]),
    ...(receipt.breakGlass === undefined
      ? []
      : [`  ${receipt.breakGlass.by} broke the glass: ${receipt.breakGlass.reason}`]),
    ...groupsOf(receipt.targets).map(({ nodes, words }) => `  ${foldNames(nodes)}: ${words}`),
    `  ${duration(between(receipt.startedAt, receipt.endedAt))} · plan ${shortHash(receipt.plan)} · asked by ${receipt.requester}, approved by ${receipt.approvers.join(', ')}${receipt.cancelledBy === undefined ? '' : `, cancelled by ${receipt.cancelledBy}`}${sealed === undefined ? '' : ` · trail ${markWords(sealed)}`}`,
  ];
}

function groupsOf(targets: readonly TargetResult[]): { nodes: string[]; words: string }[] {
  const groups = new Map<string, string[]>();
  for (const target of targets) {
    const words = wordsOf(target);
    groups.set(words, [...(groups.get(words) ?? []), target.node]);
  }
  return [...groups].map(([words, nodes]) => ({ nodes, words }));
}

function wordsOf({ outcome, before, after, detail, how = [] }: TargetResult): string {
  const changed =
    before.length === 0 ? '' : ` (${before.join(', ')} => ${after.length === 0 ? 'unknown' : after.join(', ')})`;
  return outcome === 'verified'
    ? `${outcomeWords[outcome]}${changed}${how.map((way) => `; came ${way}`).join('')}`
    : `${outcomeWords[outcome]}: ${detail}${changed}`;
}
