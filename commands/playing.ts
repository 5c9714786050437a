import { acrossStreams } from '../src/contract/across-streams.ts';
import { beginLook } from '../src/contract/begin-look.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import { digestOf, shortDigest } from '../src/domain/digest.ts';
import { minute } from '../src/domain/history.ts';
import { PLAY_CHECK } from '../src/domain/play.ts';
import { count } from '../src/domain/wording.ts';
import {
  playSightingsOf,
  type WrongWindow,
  windowsCsv,
  windowsSince,
  withdrawnDigests,
  wrongWindows,
} from '../src/domain/wrong-window.ts';

const SHOWN_MAX = 20;
const HOURS = { h: 1, d: 24 } as const;

export const playing: Command = {
  name: 'playing',
  topic: 'look',
  summary: 'Which processes hold which model; --window: when a wrong one was in play, a row a node',
  usage: 'playing [model...] [on <node set>] | playing [model...] [on <node set>] --window [--since 3d]',
  examples: ['playing hex8_2p', 'playing on vast-*', 'playing hex8_2p --window --since 3d'],
  right: 'look',
  handle: (words, context) =>
    words.includes('--window')
      ? windowReply(words, context)
      : beginLook(words, context, { command: 'playing', view: 'findings', checks: ['model-present', PLAY_CHECK] }),
};

/** Read off what the ledger knows; nobody is asked anything. */
async function windowReply(words: readonly string[], context: CommandContext): Promise<Reply> {
  const { ledger, records, models, inventory, checks, now } = context;
  const flags = [
    { name: 'window', takes: 'nothing' },
    { name: 'since', takes: 'value' },
  ] as const;
  const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  const since = hoursOf(asked.flags.get('since')?.[0]);
  if (since === undefined) {
    const text = '--since takes hours or days, as in playing hex8_2p --window --since 3d. Nothing was run.';
    return { kind: 'refused', refusal: { code: 'usage', text } };
  }
  const wanted = new Set(asked.scope.models);
  const { items, bound } = await acrossStreams(ledger, (entries) =>
    playSightingsOf(entries, (model) => wanted.has(model)),
  );
  // Without names also nodes that have left the inventory: what they played is in the training data.
  const there = asked.named.nodes ? items.filter(({ node }) => asked.scope.nodes.includes(node)) : items;
  const withdrawn = new Map(
    await Promise.all([...wanted].map(async (name) => [name, withdrawnDigests(await records.get(name))] as const)),
  );
  const all = wrongWindows(there, (model) => withdrawn.get(model) ?? new Set());
  const windows = since === 0 ? all : windowsSince(all, now().getTime() - since * 3_600_000);
  // What a slash command answers is one message for one person; a mention brings the file.
  const hint = context.place === undefined ? [] : [`  as a table: @medic ${['playing', ...words].join(' ')}`];
  return answerOf(windows, [...bound, ...hint]);
}

function answerOf(windows: readonly WrongWindow[], bound: readonly string[]): Reply {
  const nodes = new Set(windows.map(({ node }) => node)).size;
  const head =
    windows.length === 0
      ? 'no wrong model was seen in play'
      : `a wrong model was in play on ${count(nodes, 'node')}, ${count(windows.length, 'window')}`;
  const notes = [
    ...bound,
    '  what was never looked at is not in it; what processes hold in memory only where `playing` was asked',
  ];
  const lines = windows.map((window) => `  ${lineOf(window)}`);
  const more = lines.length > SHOWN_MAX ? [`  … and ${count(lines.length - SHOWN_MAX, 'more window')}`] : [];
  const content = windowsCsv(windows);
  const file = {
    name: `windows-${digestOf(content).slice(0, 8)}.csv`,
    title: 'When a wrong model was in play',
    content,
  };
  return {
    kind: 'said',
    lines: [head, ...lines.slice(0, SHOWN_MAX), ...more, ...notes],
    json: { windows },
    ...(windows.length === 0 ? {} : { file }),
    exit: 0,
  };
}

function lineOf({ node, model, from, until, seenFrom, seenUntil, digests, what }: WrongWindow): string {
  const most = `at most ${from === null ? 'since before any look' : minute(from)} to ${until === null ? 'now' : minute(until)}`;
  const bytes = digests.length === 0 ? '' : `, ${digests.map(shortDigest).join(', ')}`;
  return `${node}  ${model}  ${most}; seen ${minute(seenFrom)} to ${minute(seenUntil)}${bytes} (${what.join(', ')})`;
}

/** `3d` or `12h` in hours; 0 when nothing was said, undefined when it is no time. */
function hoursOf(word: string | undefined): number | undefined {
  if (word === undefined) return 0;
  const [, number, unit] = /^(\d{1,4})([hd])$/.exec(word) ?? [];
  const hours = Number(number) * HOURS[unit === 'd' ? 'd' : 'h'];
  return hours > 0 ? hours : undefined;
}
