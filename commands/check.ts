import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';

export const check: Command = {
  name: 'check',
  topic: 'look',
  summary: 'Look at the nodes and say what is wrong and how that is known',
  usage: 'check [model...] [on <node set>] [--only <check,...>] [--fresh]',
  examples: ['check', 'check hex8_2p on @gpu', 'check on vast-*!vast-3 --only alias-links', 'check --fresh'],
  right: 'look',
  handle: (words, context) => beginLook(words, context, { command: 'check', view: 'findings' }),
};
