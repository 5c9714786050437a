import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';
import { LOAD_PROBE } from '../src/domain/probe.ts';

const CHECKS = ['reachable', 'model-present', 'model-digest', 'model-format', 'alias-links'];

export const verify: Command = {
  name: 'verify',
  topic: 'look',
  summary: 'A verdict a node and model: present, digest, alias, sound inside; --load, a probe, also loads it',
  usage: 'verify [model...] [on <node set>] [--load] [--fresh]',
  examples: ['verify hex8_2p', 'verify hex8_2p square8_2p on @gpu --fresh', 'verify hex8_2p on vast-1 --load'],
  right: 'look',
  async handle(words, context) {
    const wish = { command: 'verify', view: 'verdicts', checks: CHECKS } as const;
    if (!words.includes('--load')) return beginLook(words, context, wish);
    return beginLook(words, context, {
      ...wish,
      checks: [...CHECKS, LOAD_PROBE],
      probe: { flag: 'load', what: 'type verify --load, which is a probe: it runs torch on the nodes' },
    });
  },
};
