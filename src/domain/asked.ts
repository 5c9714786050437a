import { z } from 'zod';
import { Instant } from './names.ts';

/** What a node was asked and how it answered, beside what a finding says of it: `question` is the fact's name and its arguments, or the path of an address. */
export const Asked = z.strictObject({
  question: z.string().min(1).max(300),
  /** Exit code of the fact's script on the node. */
  code: z.int(),
  at: Instant,
  /** The part of the answer that is about the finding's subject; absent: its lines name none. */
  excerpt: z.string().max(200).optional(),
});
export type Asked = z.infer<typeof Asked>;

/** One question in words: `models-survey ~/models x.pth: exit 0 at 12:03:04 UTC: "…"`. */
export function askedWords({ question, code, at, excerpt }: Asked): string {
  return `${question}: exit ${code} at ${at.slice(11, 19)} UTC${excerpt === undefined ? '' : `: “${excerpt}”`}`;
}

/** What findings were read off, folded over nodes: `models-survey (exit 0 on 3 nodes)`; empty: nobody was asked. */
export function askedSummary(
  found: readonly { readonly node: string; readonly asked?: readonly Asked[] | undefined }[],
): string {
  const nodes = new Map<string, Set<string>>();
  for (const { node, asked = [] } of found) {
    for (const { question, code } of asked) {
      const key = `${question.split(' ', 1)[0]} (exit ${code} on `;
      nodes.set(key, (nodes.get(key) ?? new Set()).add(node));
    }
  }
  return [...nodes].map(([key, { size }]) => `${key}${size} ${size === 1 ? 'node' : 'nodes'})`).join(', ');
}
