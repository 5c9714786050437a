import { z } from 'zod';
import type { EntryState } from './entry-state.ts';
import { Instant, NodeName } from './names.ts';

/** A name on a node that is otherwise than at the look before, while no change of ours touched that node. */
export const OutsideChange = z.strictObject({
  node: NodeName,
  name: z.string().min(1).max(255),
  /** In words, as in receipts. */
  before: z.string().max(300),
  after: z.string().max(300),
  /** When it was still as before, and when it was seen otherwise. */
  since: Instant,
  until: Instant,
  /** Whose it is now, as the node tells it; absent: it is gone, or the node does not tell. */
  owner: z.string().max(64).optional(),
});
export type OutsideChange = z.infer<typeof OutsideChange>;

/** What a name is, in words; two files of one size are told apart by their time. */
export function stateWords(state: EntryState): string {
  switch (state.kind) {
    case 'absent':
      return 'missing';
    case 'link':
      return `-> ${state.text}`;
    case 'file':
      return `file of ${state.size.toLocaleString('en-US')} bytes`;
    case 'folder':
      return 'folder';
    case 'other':
      return 'neither file, link nor folder';
  }
}

/** The words for a change of one name: `missing => -> canonical_hex8_2p.pth, owned by root`. */
export function outsideWords({ name, before, after, owner }: Omit<OutsideChange, 'node' | 'since' | 'until'>): string {
  const now = before === after ? `another ${after}` : after;
  return `${name}: ${before} => ${now}${owner === undefined ? '' : `, owned by ${owner}`}`;
}

/** What one look found changed past medic. */
export type Outside = { readonly id: string; readonly at: Instant; readonly changes: readonly OutsideChange[] };

/** What an incident keeps of changes past medic after one more look. While nothing is wrong and nobody repairs by hand, the cluster's own deliveries are nobody's news. */
export function outsideAfter(
  {
    outside,
    findings,
    hold,
  }: { readonly outside: readonly Outside[]; readonly findings: readonly unknown[]; readonly hold?: unknown },
  report: { readonly findings: readonly unknown[]; readonly outside?: readonly OutsideChange[] | undefined },
  { id, at }: Pick<Outside, 'id' | 'at'>,
): readonly Outside[] {
  if (report.findings.length === 0 && findings.length === 0 && hold === undefined) return [];
  const { outside: changes = [] } = report;
  return changes.length === 0 ? outside : [...outside, { id, at, changes }];
}
