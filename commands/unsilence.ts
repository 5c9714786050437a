import { changeRefusal } from '../src/contract/change-refusal.ts';
import type { Command } from '../src/contract/command.ts';
import { isSilent, silentThings } from '../src/domain/silence.ts';
import { joined } from '../src/domain/wording.ts';

export const unsilence: Command = {
  name: 'unsilence',
  topic: 'incident',
  summary: 'End a silence early; what is still wrong is told then',
  usage: 'unsilence <silence>',
  examples: ['unsilence s-0412aa07'],
  right: 'operate',
  async handle([what, ...more], context) {
    const { orders, who, now } = context;
    const at = now().toISOString();
    const standing = (await orders.standing()).silences.filter((one) => isSilent(one, now().getTime()));
    const found = standing.find(({ id }) => id === what);
    if (found === undefined || more.length > 0) {
      const known =
        standing.length === 0
          ? 'Nothing is silent.'
          : `There are ${joined(standing.map((one) => `${one.id} (${silentThings(one)})`))}.`;
      const text = `unsilence takes one silence, as in unsilence s-0412aa07. ${known}`;
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const { nodes, models } = found;
    const refusal = changeRefusal(context, { command: 'unsilence', what: `unsilence ${found.id}`, nodes, models });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    await orders.append({ kind: 'unsilenced', id: found.id, by: who, at });
    // The bot decides anew, within seconds, about what waited for its end.
    const lines = [`${found.id} is ended: ${silentThings(found)} is told again.`];
    return { kind: 'said', lines, json: { ended: found.id }, exit: 0 };
  },
};
