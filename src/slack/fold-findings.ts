import type { Finding, Unknown } from '../domain/finding.ts';
import { foldNames } from '../domain/fold-names.ts';
import type { NodeName } from '../domain/names.ts';
import { count } from '../domain/wording.ts';
import { escaped } from './escape.ts';
import { findingWords, reasonWords } from './wording.ts';

/** Nodes that show the same picture, as one line. `words` is mrkdwn, already safe. */
export type Row = { readonly nodes: readonly NodeName[]; readonly label: string; readonly words: string };

const PHRASES_MAX = 6;
const LABEL_MAX = 200;
const TITLE_MAX = 220;

/** Findings folded over identical nodes: one finding tells its title, several of a kind their number: `alias missing (4 models)`. */
export function foldFindings(findings: readonly Finding[]): Row[] {
  return foldRows(findings, (ofNode) => phrasesOf(ofNode, (finding) => escaped(finding.title, TITLE_MAX)));
}

/** The same in as few words as there are, for the first message. */
export function foldFindingsShort(findings: readonly Finding[]): Row[] {
  return foldRows(findings, (ofNode) => phrasesOf(ofNode, ({ code }) => findingWords[code]));
}

/** What is not known, folded over nodes with the same reason. */
export function foldUnknown(unknown: readonly Unknown[]): Row[] {
  return foldRows(unknown, (ofNode) => {
    const reasons = new Map<string, string>();
    for (const { reason, detail } of ofNode) {
      if (!reasons.has(reason))
        reasons.set(
          reason,
          detail === '' ? reasonWords[reason] : `${reasonWords[reason]} (${escaped(detail, TITLE_MAX)})`,
        );
    }
    return [...reasons.values()];
  });
}

/** Unknowns in one short phrase a node set: `unknown (connection refused)`. */
export function foldUnknownShort(unknown: readonly Unknown[]): Row[] {
  return foldRows(unknown, (ofNode) => [
    `unknown (${[...new Set(ofNode.map(({ reason }) => reasonWords[reason]))].join(', ')})`,
  ]);
}

/** Names of nodes as people read them, in code style and not longer than a line; the rest as a number. */
export function nodesLabel(nodes: readonly NodeName[]): string {
  const folded = foldNames(nodes);
  if (folded.length <= LABEL_MAX) return `\`${folded}\``;
  const kept = folded.slice(0, LABEL_MAX).replace(/,[^,]*$/, '');
  return `\`${kept}, …\` (${count(nodes.length, 'node')})`;
}

/** Items folded over nodes whose phrases are the same, one row each; the phrases are mrkdwn. */
export function foldRows<T extends { readonly node: NodeName }>(
  items: readonly T[],
  phrases: (ofNode: readonly T[]) => readonly string[],
): Row[] {
  const byNode = new Map<NodeName, T[]>();
  for (const item of items) byNode.set(item.node, [...(byNode.get(item.node) ?? []), item]);
  const byWords = new Map<string, NodeName[]>();
  for (const [node, ofNode] of byNode) {
    const words = shortened(phrases(ofNode)).join('; ');
    byWords.set(words, [...(byWords.get(words) ?? []), node]);
  }
  return [...byWords].map(([words, nodes]) => ({ nodes, label: nodesLabel(nodes), words }));
}

/** One phrase a kind of finding, in the order they were found. */
function phrasesOf(findings: readonly Finding[], single: (finding: Finding) => string): string[] {
  const byCode = new Map<Finding['code'], Finding[]>();
  for (const finding of findings) byCode.set(finding.code, [...(byCode.get(finding.code) ?? []), finding]);
  return [...byCode].map(([code, same]) => {
    const [first] = same;
    if (first !== undefined && same.length === 1) return single(first);
    const models = new Set(same.flatMap(({ model }) => model ?? []));
    return `${findingWords[code]} (${models.size === same.length ? count(models.size, 'model') : count(same.length, 'time')})`;
  });
}

function shortened(phrases: readonly string[]): string[] {
  if (phrases.length <= PHRASES_MAX) return [...phrases];
  return [...phrases.slice(0, PHRASES_MAX - 1), `and ${phrases.length - PHRASES_MAX + 1} more`];
}
