import type { Refusal } from './fault.ts';
import { didYouMean, quoteWord } from './nearest.ts';

/** The words without `in <cluster>`, and which cluster they named; undefined: nobody said. */
export type InCluster =
  | { readonly ok: true; readonly words: readonly string[]; readonly cluster: string | undefined }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Takes `in <cluster>` out of what was typed, wherever it stands behind the command. Only a name that this installation knows counts, so that "because in
 * repair" stays a reason; at the end of the words a name much like one of ours is taken for a slip.
 */
export function takeCluster(words: readonly string[], clusters: readonly string[]): InCluster {
  const named = new Set<string>();
  const rest: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [word = '', next] = [words[index], words[index + 1]];
    if (index > 0 && word === 'in' && next !== undefined && clusters.includes(next)) {
      named.add(next);
      index += 1;
    } else rest.push(word);
  }
  if (named.size > 1) return refused(`That names ${[...named].join(' and ')}: say one cluster.`);
  const [cluster] = named;
  const last = rest.at(-1) ?? '';
  const near = cluster === undefined && rest.at(-2) === 'in' ? didYouMean(last, clusters) : '';
  if (near !== '') return refused(`${quoteWord(last)} is no cluster here.${near}`);
  return { ok: true, words: rest, cluster };
}

/** What somebody is told who has to say which cluster is meant. */
export function whichCluster(clusters: readonly string[]): Refusal {
  const names = clusters.map((name) => `in ${name}`).join(' or ');
  return { code: 'usage', text: `Which cluster? Say ${names} at the end. Nothing was run.` };
}

function refused(text: string): InCluster {
  return { ok: false, refusal: { code: 'usage', text: `${text} Nothing was run.` } };
}
