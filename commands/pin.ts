import { wishPin } from '../src/contract/begin-pin.ts';
import type { Command } from '../src/contract/command.ts';

export const pin: Command = {
  name: 'pin',
  topic: 'repair',
  summary: 'Say which bytes of a model are right; a plan moves the record once it is approved',
  usage: 'pin <model> <digest> [reason]',
  examples: ['pin hex8_2p ab12cd34', 'pin hex8_2p ab12cd34 the .sha256 file was written by hand'],
  right: 'operate',
  async handle([model = '', to = '', ...reason], context) {
    return wishPin({ command: 'pin', model, to, reason, everywhere: false, example: pin.examples[0] ?? '' }, context);
  },
};
