import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';

export const status: Command = {
  name: 'status',
  topic: 'look',
  summary: 'Models by nodes at a glance: right, wrong or unknown',
  usage: 'status [model...] [on <node set>]',
  examples: ['status', 'status on @provider:vast'],
  right: 'look',
  handle: (words, context) => beginLook(words, context, { command: 'status', view: 'matrix' }),
};
