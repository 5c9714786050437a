import { loadConfig } from '../config.ts';
import { wordsTyped } from '../domain/completion.ts';
import { completeLine } from '../house/complete.ts';
import { createLogger } from '../wire.ts';
import type { Completion } from './slack/options.ts';

/** What the message box offers after `/models …` to each person, by the medic.yaml of the demo. */
export function completionsIn(
  configFile: string,
  team: string,
): (text: string, userId: string) => Promise<readonly Completion[]> {
  const logger = createLogger('demo');
  logger.level = 'silent';
  return async (text, userId) => {
    const loaded = loadConfig({ configFile, env: {} });
    if (!loaded.ok) return [];
    const line = text.replace(/^\/models\s*/, '');
    const start = text.slice(0, text.length - (wordsTyped(line).at(-1) ?? '').length);
    return completeLine(line, { configs: [loaded.config], who: `${team}/${userId}`, logger }).map(
      ({ word, detail }) => ({
        insert: `${start}${word} `,
        label: word,
        detail,
      }),
    );
  };
}
