import { digestOf } from '../domain/digest.ts';
import type { PersonId } from '../domain/names.ts';
import type { Policy } from '../domain/policy.ts';
import { type Block, fitted } from './blocks.ts';

/** A file of the thread: text that is too long for a message, or an SVG that is drawn when it is sent. */
export type StoryFile = {
  readonly name: string;
  readonly title: string;
  readonly kind: 'text' | 'picture';
  readonly content: string;
};

/** One message of an incident's thread. The key is its identity: the same key is posted once and edited after that. */
export type StoryMessage = {
  readonly key: string;
  readonly place: 'root' | 'thread';
  /** Shown in the channel too, not only in the thread. */
  readonly broadcast: boolean;
  /** A change of it goes before others' when edits are short: somebody may be about to press what is no longer true. */
  readonly urgent: boolean;
  /** For notifications and clients without blocks; mrkdwn. */
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly file?: StoryFile;
  /** Name of the one reaction that stands under it; absent: none is set or changed. */
  readonly reaction?: string;
};

/** How the story looks things up: what a person is called, and who may do what. */
export type StoryLook = {
  readonly names: (person: PersonId) => string;
  readonly policy: Policy;
  readonly cluster: string;
  /** The installation has more than one cluster: the first line names it. */
  readonly several?: boolean;
};

const TEXT_MAX = 900;
/** Lists longer than this become a file with a preview. */
export const LINES_MAX = 8;

/** Makes a message within Slack's limits. `text` has to be safe mrkdwn. */
export function storyMessage(
  parts: Omit<StoryMessage, 'broadcast' | 'blocks' | 'urgent'> & {
    readonly blocks: readonly Block[];
    readonly broadcast?: boolean;
    readonly urgent?: boolean;
  },
): StoryMessage {
  const { text } = parts;
  const short = text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX).replace(/[&<][^;>]*$/, '')}…`;
  return {
    ...parts,
    text: short,
    broadcast: parts.broadcast ?? false,
    urgent: parts.urgent ?? false,
    blocks: fitted(parts.blocks),
  };
}

/** A file whose name says what is in it, so that the same content is never put into a thread twice. */
export function storyFile(name: string, title: string, lines: readonly string[]): StoryFile {
  const content = `${lines.join('\n')}\n`;
  return { name: `${name}-${digestOf(content).slice(0, 8)}.txt`, title, kind: 'text', content };
}

/** A picture that is sent again only when what it shows has changed; `shows` is that, without the time. */
export function storyPicture(name: string, title: string, svg: string, shows: unknown): StoryFile {
  return { name: `${name}-${digestOf(shows).slice(0, 8)}.png`, title, kind: 'picture', content: svg };
}
