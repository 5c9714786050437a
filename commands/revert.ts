import { wishPin } from '../src/contract/begin-pin.ts';
import type { Command } from '../src/contract/command.ts';

export const revert: Command = {
  name: 'revert',
  topic: 'repair',
  summary: 'Plan the way back to an earlier model: the coordinator and the record first, then every node',
  usage: 'revert <model> [to <digest|previous>] [reason]',
  examples: ['revert hex8_2p', 'revert hex8_2p to ab12cd34 it loses to the old one'],
  right: 'operate',
  async handle([model = '', ...words], context) {
    const named = words[0] === 'to';
    const to = named ? (words[1] ?? '') : 'previous';
    const reason = words.slice(named ? 2 : 0);
    return wishPin(
      { command: 'revert', model, to, reason, everywhere: true, example: revert.examples[1] ?? '' },
      context,
    );
  },
};
