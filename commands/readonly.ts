import type { Command } from '../src/contract/command.ts';
import { deedRefusal } from '../src/domain/policy.ts';
import { readonlyWords } from '../src/domain/standing.ts';

export const readonly: Command = {
  name: 'readonly',
  topic: 'guard',
  summary: 'Let nothing be changed in the whole cluster, or lift that; looking goes on',
  usage: 'readonly [on|off] [reason]',
  examples: ['readonly', 'readonly on network is being rebuilt', 'readonly off network is back'],
  right: 'operate',
  async handle([word, ...more], { orders, policy, who, now }) {
    const reason = more.join(' ').slice(0, 300);
    const at = now().toISOString();
    const { readonly: state } = await orders.standing();
    const told = state === undefined ? 'Changes are possible: medic is not read-only.' : readonlyWords(state);
    if (word === undefined) return { kind: 'said', lines: [told], json: { readonly: state ?? null }, exit: 0 };
    if (word !== 'on' && word !== 'off')
      return { kind: 'refused', refusal: { code: 'usage', text: 'readonly takes on or off, and a reason.' } };
    if (word === 'on') {
      if (state !== undefined) return { kind: 'said', lines: [told], json: { readonly: state }, exit: 0 };
      await orders.append({ kind: 'readonly', on: true, by: who, at, reason });
      const lines = [readonlyWords({ by: who, at, reason }), 'What runs already goes on: "cancel" ends it.'];
      return { kind: 'said', lines, json: { readonly: { by: who, at, reason } }, exit: 0 };
    }
    // Whoever may stop the bot need not be the one who may let it loose again.
    const refusal = deedRefusal(policy, { person: who, right: 'approve', deed: {}, what: 'lift it' });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    if (reason === '')
      return { kind: 'refused', refusal: { code: 'usage', text: 'Say why it is safe again: readonly off <reason>.' } };
    await orders.append({ kind: 'readonly', on: false, by: who, at, reason });
    return { kind: 'said', lines: ['Changes are possible again.'], json: { readonly: null }, exit: 0 };
  },
};
