import type { Command } from '../src/contract/command.ts';
import { hookScript } from '../src/domain/hook-script.ts';
import { count } from '../src/domain/wording.ts';

export const hook: Command = {
  name: 'hook',
  summary: 'The script that a cluster runs after a promotion to link every alias, for a shell to save',
  usage: 'hook',
  examples: ['hook > models/create_symlinks.sh'],
  right: 'look',
  async handle(words, { models, place }) {
    if (words.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'hook takes nothing; it prints the script.' } };
    const script = hookScript(models);
    const links = models.map(({ canonical, alias }) => `${alias} -> ${canonical}`);
    // A message may be cut, and half a script must not be copied out of one.
    const lines =
      place === undefined
        ? script
        : [
            `The hook sets ${count(models.length, 'alias', 'aliases')} of medic.yaml. A shell prints the script: npx medic hook > models/create_symlinks.sh`,
            ...links,
          ];
    return { kind: 'said', lines, json: { script: `${script.join('\n')}\n`, links }, exit: 0 };
  },
};
