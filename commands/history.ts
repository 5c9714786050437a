import { acrossStreams } from '../src/contract/across-streams.ts';
import { beginLook } from '../src/contract/begin-look.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { digestOf } from '../src/domain/digest.ts';
import { COPIES_CHECK } from '../src/domain/expected.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { promotionOf, promotionsOf, type RecordedSpan, spanAt, spanLine, spansOf } from '../src/domain/history.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { knownAt, sightingLine, sightingsOf, spansOfSightings } from '../src/domain/node-history.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';
import { count } from '../src/domain/wording.ts';
import { modelNamed } from '../src/domain/words.ts';

const SHOWN_MAX = 20;
const EXAMPLE = 'history hex8_2p --at 2026-03-01T01:40Z';

export const history: Command = {
  name: 'history',
  topic: 'look',
  summary: 'What digests of a model were expected and why, or what one node had; --at tells one moment',
  usage: 'history <model> [on <node>] [--at <time>] | history <model> --copies',
  examples: [
    'history hex8_2p',
    EXAMPLE,
    'history hex8_2p on vast-3 --at 2026-03-01T01:40Z',
    'history hex8_2p --copies',
  ],
  right: 'look',
  async handle(words, context) {
    const [word, ...more] = words;
    if (word === undefined) return refused('usage', `history takes a model, as in ${EXAMPLE}.`);
    const known = modelNamed(word, context.models);
    if (!known.ok) return { kind: 'refused', refusal: known.refusal };
    const { name } = known.model;
    if (more[0] === '--copies' && more.length === 1) {
      const checks = ['reachable', COPIES_CHECK];
      return beginLook([word], context, { command: 'history', view: 'findings', checks });
    }
    const asked = askedOf(more);
    if (asked === undefined)
      return refused('usage', `history takes one model, one node after "on" and --at, as in ${EXAMPLE}.`);
    const at = asked.at === undefined ? undefined : instantOf(asked.at);
    if (asked.at !== undefined && at === undefined)
      return refused('usage', `${quoteWord(asked.at)} is no time: a date, a time and a zone, as in ${EXAMPLE}.`);
    if (asked.node === undefined) return recordHistory(name, at, context);
    const set = resolveNodeSet(asked.node, context.inventory.nodes);
    if (!set.ok) return { kind: 'refused', refusal: set.refusal };
    const [node, ...others] = set.nodes;
    if (node === undefined || others.length > 0)
      return refused('usage', `history tells of one node at a time, as in history ${name} on vast-3.`);
    return nodeHistory(name, node.name, at, context);
  },
};

/** What follows the model: `on <node>` and `--at <time>`, each once at most. */
function askedOf(words: readonly string[]): { node?: string; at?: string } | undefined {
  const found: { node?: string; at?: string } = {};
  for (let index = 0; index < words.length; index += 2) {
    const value = words[index + 1] ?? '';
    if (words[index] === 'on' && found.node === undefined && value !== '') found.node = value;
    else if (words[index] === '--at' && found.at === undefined) found.at = value;
    else return undefined;
  }
  return found;
}

async function recordHistory(
  name: string,
  at: string | undefined,
  { records, ledger }: CommandContext,
): Promise<Reply> {
  const record = await records.get(name);
  const told = await acrossStreams(ledger, (entries) => promotionsOf(entries, name));
  const withPromotion = (span: RecordedSpan) => {
    const promotion = promotionOf(span, told.items);
    return { line: spanLine(span, promotion), json: { ...span, promotion: promotion ?? null } };
  };
  if (at !== undefined) {
    const span = spanAt(record, at);
    const { line, json } =
      span === undefined ? { line: `nothing of ${name} was on record at ${at}`, json: null } : withPromotion(span);
    const lines = [span === undefined ? line : `${name} at ${at}: ${line}`];
    return { kind: 'said', lines, json: { model: name, at, expected: json }, exit: 0 };
  }
  const spans = spansOf(record).map(withPromotion);
  const head =
    spans.length === 0
      ? `nothing of ${name} is on record yet`
      : `${name}: ${count(spans.length, 'digest')} on record, newest first; where copies are: history ${name} --copies`;
  return listed(
    name,
    head,
    spans.map(({ line }) => `  ${line}`),
    { model: name, history: spans.map(({ json }) => json) },
  );
}

/** Read off every look and every change that the ledger holds, the newest streams first. */
async function nodeHistory(
  name: string,
  node: string,
  at: string | undefined,
  { ledger }: CommandContext,
): Promise<Reply> {
  const { items: seen, bound } = await acrossStreams(ledger, (entries) => sightingsOf(entries, node, name));
  if (at !== undefined) {
    const { before, after } = knownAt(seen, at);
    const lines = [
      before === undefined
        ? `nobody had looked at ${name} on ${node} before ${at}`
        : `${name} on ${node} at ${at}: ${before.words}; last seen ${before.at} (${before.incident})`,
      after === undefined ? '  nobody has looked since' : `  next seen ${after.at}: ${after.words} (${after.incident})`,
      ...bound,
    ];
    const json = { model: name, node, at, before: before ?? null, after: after ?? null };
    return { kind: 'said', lines, json, exit: 0 };
  }
  const spans = spansOfSightings(seen).toReversed();
  const head = spans.length === 0 ? `nobody has looked at ${name} on ${node} yet` : `${name} on ${node}, newest first`;
  const lines = [...spans.map((span) => `  ${sightingLine(span)}`), ...bound];
  return listed(`${name}-${node}`, head, lines, { model: name, node, sightings: spans });
}

/** Short in the message; what does not fit goes into a file. */
function listed(name: string, head: string, lines: readonly string[], json: Record<string, unknown>): Reply {
  const content = `${[head, ...lines].join('\n')}\n`;
  if (lines.length <= SHOWN_MAX) return { kind: 'said', lines: [head, ...lines], json, exit: 0 };
  return {
    kind: 'said',
    lines: [head, ...lines.slice(0, SHOWN_MAX), `  … and ${count(lines.length - SHOWN_MAX, 'earlier one')}`],
    json,
    file: { name: `history-${name}-${digestOf(content).slice(0, 8)}.txt`, title: `History of ${name}`, content },
    exit: 0,
  };
}

/** A time with its zone as an instant; without a zone nobody knows which one was meant. */
function instantOf(text: string): string | undefined {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function refused(code: Refusal['code'], text: string): Reply {
  return { kind: 'refused', refusal: { code, text } };
}
