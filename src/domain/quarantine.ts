import { z } from 'zod';
import { foldNames } from './fold-names.ts';
import type { KeptFile, KeptState } from './kept-file.ts';
import { Instant, type JobName, type ReceiptId } from './names.ts';
import { bytes, count, duration } from './wording.ts';

/** The check that lists what medic keeps of the files that it has replaced. */
export const QUARANTINE_CHECK: JobName = 'quarantine';

/** Where replaced files lie, below the models folder: a folder a receipt. */
export const QUARANTINE = '.medic/quarantine/';

/** The params of the repair `prune-quarantine`: ages are counted at this moment, so that a plan stays the same while it waits. */
export const PruneParams = z.strictObject({ asOf: Instant });
export type PruneParams = z.infer<typeof PruneParams>;

/** How long and how much is kept on a node. */
export type KeptRules = {
  readonly days: number;
  /** Of one name. */
  readonly generations: number;
  /** Of all kept files together; undefined: nobody knows how large the disk is. */
  readonly bytesMax: number | undefined;
};

/** What has to be known of a kept file to judge it. */
export type KeptFacts = {
  readonly receipt: ReceiptId;
  readonly name: string;
  readonly bytes: number;
  readonly ageS: number;
  /** Of a model of medic.yaml, or something that medic itself made. */
  readonly known: boolean;
  /** `newest`: none of its model was ever on record, so the newest one stays for it. */
  readonly lastGood: false | 'proven' | 'newest';
};

const LAST_GOOD = {
  proven: 'the last known-good one, stays',
  newest: 'the newest one, stays: none is known to be good',
} as const;

/** Which kept files of one node have had their time: too old, older than enough newer ones of the same name, or the oldest ones of too many bytes. Pure. */
export function judgeKept<T extends KeptFacts>(
  files: readonly T[],
  { days, generations, bytesMax }: KeptRules,
): { readonly file: T; readonly state: KeptState; readonly why: string }[] {
  const newestFirst = files.toSorted((a, b) => a.ageS - b.ageS || (a.receipt < b.receipt ? -1 : 1));
  const seen = new Map<string, number>();
  const judged = newestFirst.map((file) => {
    const newer = seen.get(file.name) ?? 0;
    seen.set(file.name, newer + 1);
    if (!file.known) return { file, state: 'strange' as const, why: 'of no model that was asked about, left alone' };
    if (file.lastGood !== false) return { file, state: 'last_good' as const, why: LAST_GOOD[file.lastGood] };
    if (file.ageS > days * 86_400) return { file, state: 'expired' as const, why: `older than ${count(days, 'day')}` };
    if (newer >= generations)
      return { file, state: 'expired' as const, why: `${count(newer, 'newer one is', 'newer ones are')} kept` };
    return { file, state: 'kept' as const, why: '' };
  });
  if (bytesMax === undefined) return judged;
  let sum = judged.reduce((all, { file, state }) => all + (state === 'expired' ? 0 : file.bytes), 0);
  return judged
    .toReversed()
    .map((one) => {
      if (one.state !== 'kept' || sum <= bytesMax) return one;
      sum -= one.file.bytes;
      return { ...one, state: 'expired' as const, why: `more than ${bytes(bytesMax)} are kept` };
    })
    .toReversed();
}

/** Whether a look is at quarantine alone, so that it says nothing about models. */
export function isQuarantineLook({ checks }: { readonly checks: readonly JobName[] }): boolean {
  return checks.length > 0 && checks.every((check) => check === QUARANTINE_CHECK);
}

/** What is kept in one line: how much, where, and how much of it may go. */
export function quarantineNews(kept: readonly KeptFile[], nodes: number): string {
  if (kept.length === 0) return `nothing lies in quarantine on ${count(nodes, 'node')}`;
  const sum = (files: readonly KeptFile[], of: 'bytes' | 'frees'): string =>
    bytes(files.reduce((all, file) => all + file[of], 0));
  const where = new Set(kept.map(({ node }) => node)).size;
  const expired = kept.filter(({ state }) => state === 'expired');
  const may =
    expired.length === 0
      ? 'none of it has had its time'
      : `${count(expired.length, 'file has', 'files have')} had ${expired.length === 1 ? 'its' : 'their'} time: deleting frees ${sum(expired, 'frees')}`;
  return `${count(kept.length, 'replaced file')} (${sum(kept, 'bytes')}) kept on ${where} of ${count(nodes, 'node')}; ${may}`;
}

/** One line a kept file, equal ones on several nodes folded; those that may be deleted first, then the oldest. */
export function quarantineLines(kept: readonly KeptFile[]): string[] {
  const rank = { expired: 0, last_good: 1, kept: 2, strange: 3 } as const;
  const rows = new Map<string, { cells: string[]; nodes: string[] }>();
  for (const file of kept.toSorted((a, b) => rank[a.state] - rank[b.state] || b.ageS - a.ageS)) {
    const state = file.state === 'expired' ? `may be deleted: ${file.why}` : file.why;
    const age = `${duration(Math.max(0, file.ageS) * 1_000)} old`;
    const cells = [file.receipt, file.name, bytes(file.bytes), age, state];
    const row = rows.get(cells.join()) ?? { cells, nodes: [] };
    row.nodes.push(file.node);
    rows.set(cells.join(), row);
  }
  const table = [...rows.values()].map(({ cells, nodes }) => [foldNames(nodes), ...cells]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
