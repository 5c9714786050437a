import { type Names, plainLines, timeOfDay } from './plain-text.ts';
import type { Change, Message } from './slack/workspace.ts';

/** What the teller needs of the local Slack. */
type Watched = { onChange(listener: (change: Change) => void): () => void };

/** Prints every message and every edit of a channel as it happens, until the returned function is called. Threads are indented; an edit tells what is new in it. */
export function tellChannel({
  slack,
  names,
  now,
  print,
}: {
  readonly slack: Watched;
  readonly names: Names;
  readonly now: () => number;
  readonly print: (line: string) => void;
}): () => void {
  const told = new Map<string, readonly string[]>();
  return slack.onChange(({ kind, message }) => {
    if (message === undefined || (kind !== 'post' && kind !== 'edit' && kind !== 'ephemeral')) return;
    const key = `${message.channel} ${message.ts}`;
    const lines = plainLines(message, names);
    const before = told.get(key);
    told.set(key, lines);
    const news = before === undefined ? lines : changedLines(before, lines);
    if (news.length === 0) return;
    const [first = '', ...rest] = news;
    const indent = message.threadTs === undefined ? '' : '    ';
    const lead = `${indent}${timeOfDay(now())}  `;
    print('');
    print(`${lead}${speaker(message, names)}${before === undefined ? '' : ' (edits)'}: ${first}`);
    for (const line of rest) print(`${' '.repeat(lead.length)}${line}`);
  });
}

/** The headline with what an edit brought; buttons are told again only where they changed. */
function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const old = new Set(before);
  const fresh = after.filter((line) => !old.has(line));
  const goneButtons = before.some(isButtons) && !after.some(isButtons);
  if (fresh.length === 0 && !goneButtons) return [];
  const [headline = ''] = after;
  return [...(fresh[0] === headline ? [] : [headline]), ...fresh, ...(goneButtons ? ['(its buttons are gone)'] : [])];
}

function isButtons(line: string): boolean {
  return line.startsWith('[ ');
}

function speaker({ user, username, botId, visibleTo }: Message, names: Names): string {
  const who = username ?? (botId === undefined && user !== undefined ? names(user) : 'medic');
  return visibleTo === undefined ? who : `${who}, only to ${names(visibleTo)}`;
}
