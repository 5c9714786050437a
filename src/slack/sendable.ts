import { SlackFailure, type SlackPort } from './slack-port.ts';
import type { StoryFile } from './story-message.ts';

type Sendable = Pick<Parameters<SlackPort['upload']>[0], 'name' | 'title' | 'content' | 'altText'>;

/** A file as it goes to Slack: text as it is, a picture drawn, with its title for those who cannot see it. */
export async function sendable(file: StoryFile, draw: (svg: string) => Promise<Uint8Array>): Promise<Sendable> {
  const { name, title, kind, content } = file;
  if (kind === 'text') return { name, title, content };
  try {
    return { name, title, content: await draw(content), altText: title };
  } catch (error) {
    // Refused, not tried again: a picture that cannot be drawn must not hold up the thread.
    throw new SlackFailure('refused', 'not_drawn', { detail: `${name}: ${String(error)}` });
  }
}
