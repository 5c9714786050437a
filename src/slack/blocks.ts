import type { types } from '@slack/bolt';
import { digestOf } from '../domain/digest.ts';
import { clipped } from './escape.ts';

/** A block of a message or of a modal. */
export type Block = types.KnownBlock;

/** What a message may hold so that Slack's hidden sum limit is never met: characters over all blocks, and blocks. */
export const MESSAGE_CHARACTERS_MAX = 8_000;
export const MESSAGE_BLOCKS_MAX = 45;
const VIEW_BLOCKS_MAX = 95;
const VIEW_CHARACTERS_MAX = 30_000;
const SECTION_CHARACTERS_MAX = 3_000;
const BUTTON_CHARACTERS_MAX = 75;
const PREFORMATTED_CHARACTERS_MAX = 2_900;

/** Lines of mrkdwn as sections, packed up to Slack's 3,000 characters each; a line is never split. */
export function sections(lines: readonly string[]): types.SectionBlock[] {
  return packed(lines, SECTION_CHARACTERS_MAX).map(section);
}

/** A small grey line under a message; absent parts are left out, the rest joined by dots. */
export function smallPrint(parts: readonly (string | undefined)[]): types.ContextBlock[] {
  const text = parts.filter((part) => part !== undefined && part !== '').join(' · ');
  return text === '' ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }];
}

/** What a button is made of; `value` is an incident's or a request's id. */
export type ButtonOptions = {
  readonly action: string;
  readonly text: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
};

/** A row of buttons. Its id changes with what it holds, because Slack keeps a client's state by block id. */
export function buttons(row: readonly ButtonOptions[]): types.ActionsBlock[] {
  if (row.length === 0) return [];
  return [{ type: 'actions', block_id: `b-${digestOf(row).slice(0, 16)}`, elements: row.map(button) }];
}

/** Lines as they are, monospaced and never parsed, packed into as few blocks as they need; a line longer than one is cut with an ellipsis. */
export function preformatted(lines: readonly string[]): types.RichTextBlock[] {
  return packed(lines, PREFORMATTED_CHARACTERS_MAX).map((text) => ({
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_preformatted',
        elements: [{ type: 'text', text: clipped(text, PREFORMATTED_CHARACTERS_MAX) }],
      },
    ],
  }));
}

function packed(lines: readonly string[], charactersMax: number): string[] {
  const texts: string[] = [];
  let text = '';
  for (const line of lines) {
    if (text !== '' && text.length + 1 + line.length > charactersMax) {
      texts.push(text);
      text = '';
    }
    text = text === '' ? line : `${text}\n${line}`;
  }
  return text === '' ? texts : [...texts, text];
}

/** Characters of every text in blocks, as Slack's hidden sum limit counts them. */
export function charactersOf(blocks: readonly Block[]): number {
  return countText(blocks);
}

/** Blocks within a message's budget: what does not fit is left out from the first block on that is too much, buttons stay. */
export function fitted(blocks: readonly Block[]): Block[] {
  const kept: Block[] = [];
  const actions = blocks.filter(({ type }) => type === 'actions');
  let left = MESSAGE_CHARACTERS_MAX - charactersOf(actions);
  let room = MESSAGE_BLOCKS_MAX - actions.length;
  for (const block of blocks) {
    if (block.type === 'actions') {
      kept.push(block);
      continue;
    }
    left -= charactersOf([block]);
    room -= 1;
    if (left < 0 || room < 0) continue;
    kept.push(block);
  }
  return kept;
}

/** Blocks within what a modal or a Home tab may hold; what is too much is left out and `rest` says where it is. */
export function within(blocks: readonly Block[], rest: string): Block[] {
  const kept: Block[] = [];
  let length = 0;
  for (const block of blocks) {
    length += JSON.stringify(block).length;
    if (kept.length === VIEW_BLOCKS_MAX || length > VIEW_CHARACTERS_MAX) return [...kept, ...sections([`… ${rest}`])];
    kept.push(block);
  }
  return kept;
}

function section(text: string): types.SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function button({ action, text, value, style, confirm }: ButtonOptions): types.Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: clipped(text, BUTTON_CHARACTERS_MAX) },
    value,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: dialog(confirm) }),
  };
}

function dialog({ title, text, yes }: NonNullable<ButtonOptions['confirm']>): types.ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: clipped(title, 100) },
    text: { type: 'plain_text', text: clipped(text, 300) },
    confirm: { type: 'plain_text', text: clipped(yes, 30) },
    deny: { type: 'plain_text', text: 'Not now' },
  };
}

function countText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countText(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : countText(item)),
    0,
  );
}
