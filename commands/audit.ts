import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import type { Trail } from '../src/contract/trail.ts';
import { auditLines } from '../src/domain/audit.ts';
import { nameOf, type TrailRow, verifyTrail } from '../src/domain/trail.ts';
import { count } from '../src/domain/wording.ts';

const SINCE_DAYS = 7;
const LISTED_MAX = 1_000;
/** What fits into an answer in Slack. */
const IN_SLACK = 20;
const ROWS_AT_ONCE = 1_000;
const HOURS = { h: 1, d: 24 } as const;

export const audit: Command = {
  name: 'audit',
  topic: 'self',
  summary: 'Who did what; verify: whether anything of it was altered or is missing; export: into a file',
  usage: 'audit [--since 7d] | audit verify | audit export <file>',
  examples: ['audit', 'audit --since 12h', 'audit verify', 'audit export audit.jsonl'],
  right: 'look',
  async handle(words, context) {
    const [first, second, ...more] = words;
    if (first === 'verify' && second === undefined) return verify(context);
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

async function verify({ trail, kept }: CommandContext): Promise<Reply> {
  if (kept === undefined) return usage('audit verify and audit export are for the shell: npx medic audit verify.');
  const lines = await kept.lines();
  const stored = await storedIn(trail);
  const incidents = [...new Set(stored.flatMap(({ stream }) => (stream === 'orders' ? [] : [stream])))];
  const inStreams = new Set<string>();
  for (const stream of incidents) for (const id of await trail.idsIn(stream)) inStreams.add(nameOf({ stream, id }));
  // Rows of the file and of Redis are judged apart: the same row in both is no copy.
  const judges = { kept: trail.judge(), stored: trail.judge() };
  const { fault, notes, rows, seals } = verifyTrail({
    lines,
    stored,
    trimmed: await trail.trimmed(),
    inStreams,
    judges,
    sealed: (seal, signature) => trail.sealed(seal, signature),
  });
  const head =
    fault === undefined
      ? `✓ ${count(rows, 'entry', 'entries')} as they were written, ${count(seals, 'seal')}`
      : `✗ ${fault}`;
  return {
    kind: 'said',
    lines: [head, ...notes.map((note) => `  ${note}`)],
    json: { fault: fault ?? null, notes, rows, seals },
    exit: fault === undefined ? 0 : 1,
  };
}

async function exportTo(file: string, { trail, save }: CommandContext): Promise<Reply> {
  if (save === undefined) return usage('audit verify and audit export are for the shell: npx medic audit verify.');
  const rows = await storedIn(trail);
  const judge = trail.judge();
  const lines = rows.map((row) => JSON.stringify({ ...row, counts: judge(row) ?? 'yes' }));
  const refusal = await save(file, `${lines.join('\n')}\n`);
  if (refusal !== undefined) return usage(`${file} was not written: ${refusal}`);
  return { kind: 'said', lines: [`${count(rows.length, 'entry', 'entries')} in ${file}`], exit: 0 };
}

async function storedIn(trail: Trail): Promise<TrailRow[]> {
  const all: TrailRow[] = [];
  for (const source of ['entries', 'orders'] as const) {
    let [cursor, rows] = ['0', await trail.after(source, '0', ROWS_AT_ONCE)];
    while (rows.length > 0) {
      all.push(...rows);
      cursor = rows.at(-1)?.cursor ?? cursor;
      rows = await trail.after(source, cursor, ROWS_AT_ONCE);
    }
  }
  return all;
}

function hoursOf(text = ''): number | undefined {
  const [, number, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const hours = Number(number) * (unit === 'h' ? HOURS.h : HOURS.d);
  return hours > 0 ? hours : undefined;
}

function usage(text: string): Reply {
  return { kind: 'refused', refusal: { code: 'usage', text } };
}
