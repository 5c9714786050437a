import { isObject, type JsonObject, objectsOf, stringAt } from './slack/json.ts';
import type { Message } from './slack/workspace.ts';

/** What a mention is shown as: the person's name for an id. */
export type Names = (userId: string) => string;

/** A message as lines of a terminal: text first, then files and the buttons that it offers. Never holds a control character. */
export function plainLines(
  { text, blocks, files }: Pick<Message, 'text' | 'blocks' | 'files'>,
  names: Names,
): string[] {
  const body = blocks.length === 0 ? [plainMrkdwn(text, names)] : blocks.flatMap((block) => blockText(block, names));
  const attached = files.map(
    (file) => `[file] ${[file['title'], file['name']].find((name) => typeof name === 'string') ?? 'without a name'}`,
  );
  return [...body, ...attached].flatMap((part) => part.split('\n')).map(withoutControls);
}

/** Slack's mrkdwn as plain words: marks removed, mentions and dates resolved, links as their label. */
export function plainMrkdwn(mrkdwn: string, names: Names): string {
  return mrkdwn
    .replace(/<!date\^(\d+)\^([^|>]*)\|[^>]*>/g, (_, seconds: string, format: string) =>
      dateText(Number(seconds), format),
    )
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_, id: string) => `@${names(id)}`)
    .replace(/<([^|>]*)\|([^>]*)>/g, '$2')
    .replace(/<(https?:[^>]*)>/g, '$1')
    .replace(/(^|[\s(])\*(?! )([^*\n]*[^*\s])\*(?=$|[\s.,:;)])/gm, '$1$2')
    .replace(/(^|[\s(])_(?! )([^_\n]*[^_\s])_(?=$|[\s.,:;)])/gm, '$1$2')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** A time of day as `03:12:07`. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

function blockText(block: JsonObject, names: Names): string[] {
  const words = (value: unknown): string => (isObject(value) ? plainMrkdwn(stringAt(value, 'text') ?? '', names) : '');
  const elements = objectsOf(block['elements']);
  switch (block['type']) {
    case 'section':
      return [block['text'], ...objectsOf(block['fields'])].map(words).filter((line) => line !== '');
    case 'header':
      return [words(block['text'])];
    case 'context':
      return [elements.map(words).join(' ')];
    case 'actions':
      return [elements.map((element) => `[ ${words(element['text'])} ]`).join(' ')];
    case 'rich_text':
      return [leaves(elements)];
    default:
      return [];
  }
}

/** The text of a rich_text block as it is: it is never parsed. */
function leaves(elements: readonly JsonObject[]): string {
  return elements.map((element) => stringAt(element, 'text') ?? leaves(objectsOf(element['elements']))).join('');
}

function dateText(seconds: number, format: string): string {
  const at = new Date(seconds * 1_000);
  return format
    .replace('{date_short_pretty} ', '')
    .replace(' ({ago})', '')
    .replace('{time}', at.toTimeString().slice(0, 5));
}

function withoutControls(line: string): string {
  return line.replace(/\p{Cc}/gu, '�');
}
