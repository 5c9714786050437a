import type { Command } from '../src/contract/command.ts';
import { lockWords, readonlyWords } from '../src/domain/standing.ts';

export const locks: Command = {
  name: 'locks',
  topic: 'guard',
  summary: 'What nobody may change now, by whom and why',
  usage: 'locks',
  examples: ['locks'],
  right: 'look',
  async handle(words, { orders }) {
    if (words.length > 0) return { kind: 'refused', refusal: { code: 'usage', text: 'locks takes nothing after it.' } };
    const standing = await orders.standing();
    const lines = [
      ...(standing.readonly === undefined ? [] : [readonlyWords(standing.readonly)]),
      ...standing.locks.map(lockWords),
    ];
    const json = { locks: standing.locks, ...(standing.readonly === undefined ? {} : { readonly: standing.readonly }) };
    return { kind: 'said', lines: lines.length === 0 ? ['Nothing is locked.'] : lines, json, exit: 0 };
  },
};
