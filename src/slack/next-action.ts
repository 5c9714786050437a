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

/** The next thing to do for a thread. */
export type Action =
  | { readonly kind: 'post'; readonly key: string }
  | { readonly kind: 'edit'; readonly key: string; readonly urgent: boolean }
  | { readonly kind: 'file'; readonly key: string; readonly file: StoryFile }
  | { readonly kind: 'wait'; readonly ms: number };

/** Missing messages first, in the story's order and each with its file; then what differs, urgent before the rest; undefined: all is told. */
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
  if (due.length === 0) return undefined;
  const ready = due.find(({ ms }) => ms <= 0);
  if (ready !== undefined) return { kind: 'edit', key: ready.key, urgent: ready.urgent };
  return { kind: 'wait', ms: Math.min(...due.map(({ ms }) => ms)) };
}

/** Digest of what a message shows. */
export function hashOf({ text, blocks }: Pick<StoryMessage, 'text' | 'blocks'>): string {
  return digestOf({ text, blocks }).slice(0, 16);
}

/** Under which key a file is remembered; its name holds the digest of its content. */
export function fileKey({ name }: StoryFile): string {
  return `file ${name}`;
}
