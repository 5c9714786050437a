import type { Told } from '../contract/told.ts';
import { digestOf } from '../domain/digest.ts';
import type { StoryFile, StoryMessage } from './story-message.ts';

/** How far a thread has been told. */
export type Progress = {
  readonly told: Readonly<Record<string, Told>>;
  /** When a message was edited last, milliseconds since the epoch, by key. */
  readonly editedAtMs: Map<string, number>;
  /** Digest of what Slack refused, by key: not tried again until it changes. */
  readonly refused: Map<string, string>;
};

/** Under which key the reaction on the root message is remembered; its hash is the reaction's name, or all names that may be there. */
export const REACTION = 'reaction';

/** The next thing to do for a thread. */
export type Action =
  | { readonly kind: 'post'; readonly key: string }
  | { readonly kind: 'edit'; readonly key: string; readonly urgent: boolean }
  | { readonly kind: 'file'; readonly key: string; readonly file: StoryFile }
  | { readonly kind: 'react'; readonly key: typeof REACTION; readonly name: string }
  | { readonly kind: 'wait'; readonly ms: number };

/** Missing messages first, in the story's order and each with its file; then what differs, urgent before the rest, and the reaction on the root last; undefined: all is told. */
export function actionFor(
  story: readonly StoryMessage[],
  progress: Progress,
  time: { readonly nowMs: number; readonly debounceMs: number },
): Action | undefined {
  const { told, refused, editedAtMs } = progress;
  const open = story.filter((message) => refused.get(message.key) !== hashOf(message));
  const isTold = (key: string): boolean => told[key]?.state === 'told';
  if (!isTold('root')) return open.some(({ key }) => key === 'root') ? { kind: 'post', key: 'root' } : undefined;
  for (const { key, file } of open) {
    if (!isTold(key)) return { kind: 'post', key };
    if (file !== undefined && !isTold(fileKey(file)) && !refused.has(fileKey(file))) return { kind: 'file', key, file };
  }
  const due = open
    .filter((message) => told[message.key]?.hash !== hashOf(message))
    .toSorted((a, b) => Number(b.urgent) - Number(a.urgent))
    .map(({ key, urgent }) => ({
      key,
      urgent,
      ms: urgent ? 0 : (editedAtMs.get(key) ?? 0) + time.debounceMs - time.nowMs,
    }));
  const ready = due.find(({ ms }) => ms <= 0);
  if (ready !== undefined) return { kind: 'edit', key: ready.key, urgent: ready.urgent };
  const name = wantedReaction(story, progress);
  const reactionMs = (editedAtMs.get(REACTION) ?? 0) + time.debounceMs - time.nowMs;
  if (name !== undefined && reactionMs <= 0) return { kind: 'react', key: REACTION, name };
  const waits = [...due.map(({ ms }) => ms), ...(name === undefined ? [] : [reactionMs])];
  return waits.length === 0 ? undefined : { kind: 'wait', ms: Math.min(...waits) };
}

/** The reaction that the root has to have and has not. */
function wantedReaction(story: readonly StoryMessage[], { told, refused }: Progress): string | undefined {
  const name = story.find(({ key }) => key === 'root')?.reaction;
  const has = told[REACTION];
  if (name === undefined || refused.get(REACTION) === name) return undefined;
  return has?.state === 'told' && has.hash === name ? undefined : name;
}

/** Digest of what a message shows. */
export function hashOf({ text, blocks }: Pick<StoryMessage, 'text' | 'blocks'>): string {
  return digestOf({ text, blocks }).slice(0, 16);
}

/** Under which key a file is remembered; its name holds the digest of its content. */
export function fileKey({ name }: StoryFile): string {
  return `file ${name}`;
}
