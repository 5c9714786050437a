import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import type { Trail } from '../src/contract/trail.ts';
import { auditLines } from '../src/domain/audit.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { type TrailRow, type TypedMark, typedMark } from '../src/domain/trail.ts';
import { type StoredRow, verifyTrail } from '../src/domain/verify-trail.ts';
import { count } from '../src/domain/wording.ts';

const SINCE_DAYS = 7;
const LISTED_MAX = 1_000;
/** What fits into an answer in Slack. */
const IN_SLACK = 20;
const ROWS_AT_ONCE = 1_000;
const SHELL_ONLY = 'audit verify and audit export are for the shell: npx medic audit verify.';
const HOURS = { h: 1, d: 24 } as const;

export const audit: Command = {
  name: 'audit',
  topic: 'self',
  summary: 'Who did what; verify: whether anything of it was altered or is missing; export: into a file',
  usage: 'audit [--since 7d] | audit verify [<mark of a receipt>] | audit export <file>',
  examples: ['audit', 'audit --since 12h', 'audit verify', 'audit verify 1234:3fa1c09e', 'audit export audit.jsonl'],
  right: 'look',
  async handle(words, context) {
    const [first, second, ...more] = words;
    if (first === 'verify' && more.length === 0) {
      const mark = second === undefined ? undefined : typedMark(second);
      if (second === undefined || mark !== undefined) return verify(mark, context);
      return usage(
        `${quoteWord(second)} is no mark of a trail: rows and head, as a receipt shows them: 1234:3fa1c09e.`,
      );
    }
    if (first === 'export' && second !== undefined && more.length === 0) return exportTo(second, context);
    const since =
      first === undefined ? `${SINCE_DAYS}d` : first === '--since' && more.length === 0 ? second : undefined;
    const hours = hoursOf(since);
    if (hours === undefined)
      return usage(
        'audit takes --since with hours or days, verify, or export and the name of a file: audit --since 7d.',
      );
    return list(hours, context);
  },
};

async function list(hours: number, { trail, place, now }: CommandContext): Promise<Reply> {
  const rows = await trail.since(now().getTime() - hours * 3_600_000, LISTED_MAX);
  const lines = auditLines(rows, trail.judge());
  const shown = place === undefined ? lines : lines.slice(-IN_SLACK);
  const over = hours % 24 === 0 ? count(hours / 24, 'day') : count(hours, 'hour');
  const cut = rows.length >= LISTED_MAX ? `, the newest of them: a shorter --since shows all of it` : '';
  const less = shown.length < lines.length ? `, the last ${shown.length} of them: the shell shows all` : '';
  return {
    kind: 'said',
    lines: [`${count(lines.length, 'act')} in the last ${over}${cut}${less}`, ...shown.map((line) => `  ${line}`)],
    json: { acts: lines },
    exit: 0,
  };
}

async function verify(mark: TypedMark | undefined, { trail, kept }: CommandContext): Promise<Reply> {
  if (kept === undefined) return usage(SHELL_ONLY);
  const lines = kept.lines();
  const { fault, notes, rows, seals } = await verifyTrail({
    lines,
    stored: { entries: withStreams(trail, 'entries'), orders: withStreams(trail, 'orders') },
    trimmed: await trail.trimmed(),
    // Rows of the file and of Redis are judged apart: the same row in both is no copy.
    judges: { kept: trail.judge(), stored: trail.judge() },
    sealed: (seal, signature) => trail.sealed(seal, signature),
    mark,
  });
  const unmarked = mark !== undefined && lines === undefined;
  const head =
    fault === undefined
      ? `✓ ${count(rows, 'entry', 'entries')} as they were written, ${count(seals, 'seal')}`
      : `✗ ${fault}`;
  const said = [
    ...notes,
    ...(unmarked ? ['the mark cannot be compared here: ask where the bot runs, which keeps the trail'] : []),
    ...(fault === undefined && mark !== undefined && !unmarked
      ? [`its first ${count(mark.count, 'row')} are those of the mark`]
      : []),
  ];
  return {
    kind: 'said',
    lines: [head, ...said.map((note) => `  ${note}`)],
    json: { fault: fault ?? null, notes: said, rows, seals },
    exit: fault === undefined ? (unmarked ? 4 : 0) : 1,
  };
}

async function exportTo(file: string, { trail, save }: CommandContext): Promise<Reply> {
  if (save === undefined) return usage(SHELL_ONLY);
  const judge = trail.judge();
  let rows = 0;
  const lines = async function* (): AsyncGenerator<string> {
    for (const source of ['entries', 'orders'] as const)
      for await (const page of pages(trail, source)) {
        rows += page.length;
        yield page.map((row) => `${JSON.stringify({ ...row, counts: judge(row) ?? 'yes' })}\n`).join('');
      }
  };
  const refusal = await save(file, lines());
  if (refusal !== undefined) return usage(`${file} was not written: ${refusal}`);
  return { kind: 'said', lines: [`${count(rows, 'entry', 'entries')} in ${file}`], exit: 0 };
}

/** Everything that Redis holds of one of the two, so many rows at once. */
async function* pages(trail: Trail, source: 'entries' | 'orders'): AsyncGenerator<readonly TrailRow[]> {
  let cursor = '0';
  for (;;) {
    const rows = await trail.after(source, cursor, ROWS_AT_ONCE);
    if (rows.length === 0) return;
    yield rows;
    cursor = rows.at(-1)?.cursor ?? cursor;
  }
}

async function* withStreams(trail: Trail, source: 'entries' | 'orders'): AsyncGenerator<StoredRow> {
  for await (const rows of pages(trail, source)) {
    const there = await trail.inTheirStreams(rows);
    for (const [index, row] of rows.entries()) yield { row, inItsStream: there[index] === true };
  }
}

function hoursOf(text = ''): number | undefined {
  const [, number, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const hours = Number(number) * (unit === 'h' ? HOURS.h : HOURS.d);
  return hours > 0 ? hours : undefined;
}

function usage(text: string): Reply {
  return { kind: 'refused', refusal: { code: 'usage', text } };
}
