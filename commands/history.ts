import type { Command, Reply } from '../src/contract/command.ts';
import { digestOf } from '../src/domain/digest.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { spanAt, spanLine, spansOf } from '../src/domain/history.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { count } from '../src/domain/wording.ts';
import { modelNamed } from '../src/domain/words.ts';

const SHOWN_MAX = 20;
const EXAMPLE = 'history hex8_2p --at 2026-03-01T01:40Z';

export const history: Command = {
  name: 'history',
  summary: 'Which digests of a model were expected, since when and why; --at tells one moment',
  usage: 'history <model> [--at <time>]',
  examples: ['history hex8_2p', EXAMPLE],
  right: 'look',
  async handle([word, flag, time, ...rest], { models, records }) {
    if (word === undefined) return refused('usage', `history takes a model, as in ${EXAMPLE}.`);
    const known = modelNamed(word, models);
    if (!known.ok) return { kind: 'refused', refusal: known.refusal };
    if (rest.length > 0 || (flag !== undefined && flag !== '--at'))
      return refused('usage', `history takes one model and --at, as in ${EXAMPLE}.`);
    const { name } = known.model;
    const record = await records.get(name);
    if (flag === '--at') {
      const at = instantOf(time ?? '');
      if (at === undefined)
        return refused('usage', `${quoteWord(time ?? '')} is no time: a date, a time and a zone, as in ${EXAMPLE}.`);
      const span = spanAt(record, at);
      const line =
        span === undefined ? `nothing of ${name} was on record at ${at}` : `${name} at ${at}: ${spanLine(span)}`;
      return { kind: 'said', lines: [line], json: { model: name, at, expected: span ?? null }, exit: 0 };
    }
    const spans = spansOf(record);
    const lines = spans.map((span) => `  ${spanLine(span)}`);
    const more = lines.length > SHOWN_MAX ? [`  … and ${count(lines.length - SHOWN_MAX, 'earlier one')}`] : [];
    const head =
      spans.length === 0
        ? `nothing of ${name} is on record yet`
        : `${name}: ${count(spans.length, 'digest')} on record, newest first`;
    const content = `${[head, ...lines].join('\n')}\n`;
    return {
      kind: 'said',
      lines: [head, ...lines.slice(0, SHOWN_MAX), ...more],
      json: { model: name, history: spans },
      ...(more.length === 0
        ? {}
        : {
            file: {
              name: `history-${name}-${digestOf(content).slice(0, 8)}.txt`,
              title: `History of ${name}`,
              content,
            },
          }),
      exit: 0,
    };
  },
};

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
