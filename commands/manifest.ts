import type { Command } from '../src/contract/command.ts';
import { appManifest } from '../src/domain/app-manifest.ts';

export const manifest: Command = {
  name: 'manifest',
  topic: 'self',
  summary: 'The app manifest to paste into Slack when medic is installed there',
  usage: 'manifest [https://…/slack/events]',
  examples: ['manifest', 'manifest https://medic.example.com/slack/events'],
  right: 'look',
  async handle([url, ...more]) {
    if (more.length > 0 || (url !== undefined && !url.startsWith('https://'))) {
      return {
        kind: 'refused',
        refusal: {
          code: 'usage',
          text: 'manifest takes nothing (Socket Mode) or the https URL that Slack is to send to.',
        },
      };
    }
    const made =
      url === undefined
        ? appManifest({ name: 'medic', socketMode: true })
        : appManifest({ name: 'medic', socketMode: false, requestUrl: url });
    return { kind: 'said', lines: JSON.stringify(made, undefined, 2).split('\n'), json: { manifest: made }, exit: 0 };
  },
};
