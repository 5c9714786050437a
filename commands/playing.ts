import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';
import { PLAY_CHECK } from '../src/domain/play.ts';

export const playing: Command = {
  name: 'playing',
  summary: 'Which processes hold which model open or mapped, and who still plays one that was replaced',
  usage: 'playing [model...] [on <node set>]',
  examples: ['playing hex8_2p', 'playing on vast-*', 'playing hex8_2p on @gpu'],
  right: 'look',
  handle: (words, context) =>
    beginLook(words, context, { command: 'playing', view: 'findings', checks: ['model-present', PLAY_CHECK] }),
};
