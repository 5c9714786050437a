import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';

const CHECKS = ['reachable', 'model-present', 'model-digest', 'model-format', 'alias-links'];

export const verify: Command = {
  name: 'verify',
  summary: 'A verdict a node and model: present, size, digest, alias, and sound inside; read, never loaded',
  usage: 'verify [model...] [on <node set>] [--fresh]',
  examples: ['verify hex8_2p', 'verify hex8_2p square8_2p on @gpu --fresh'],
  right: 'look',
  handle: (words, context) => beginLook(words, context, { command: 'verify', view: 'verdicts', checks: CHECKS }),
};
