import type { Command } from '../src/contract/command.ts';

export const key: Command = {
  name: 'key',
  topic: 'self',
  summary: 'The public key of this shell, for roles.shellKeys of medic.yaml',
  usage: 'key',
  examples: ['key'],
  right: 'look',
  async handle(words, { ownPublicHalf, who }) {
    if (words.length > 0) return { kind: 'refused', refusal: { code: 'usage', text: 'key takes nothing after it.' } };
    if (ownPublicHalf === undefined) {
      const text = 'A key belongs to a shell: type npx medic key there. In Slack you are known without one.';
      return { kind: 'refused', refusal: { code: 'usage', text } };
    }
    const half = ownPublicHalf();
    const name = who
      .replace(/^[a-z]+:/, '')
      .toLowerCase()
      .replace(/[^a-z0-9._-]/g, '-');
    const lines = who.startsWith('key:')
      ? [`medic.yaml knows this key: you are ${who}.`, half]
      : [
          'On a Redis that others reach, medic knows you in a shell by this key. In medic.yaml of bot and worker:',
          '  roles:',
          `    shellKeys: { ${name}: ${half} }`,
          `    approvers: ["key:${name}"]`,
          'The private half stays in stateDir/private of this machine.',
        ];
    return { kind: 'said', lines, json: { key: half, who }, exit: 0 };
  },
};
