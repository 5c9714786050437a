import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockCharacters, blockFaults } from '../../../src/demo/slack/block-rules.ts';
import type { JsonObject } from '../../../src/demo/slack/json.ts';
import { viewFaults } from '../../../src/demo/slack/view-rules.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const option = (index: number) => ({ text: plain(5), value: `v${index}` });
const button = (extra: object, id = 'a') => ({ type: 'button', text: plain(5), action_id: id, ...extra });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const confirm = (title: number, text: number) => ({
  title: plain(title),
  text: mrkdwn(text),
  confirm: plain(5),
  deny: plain(5),
});
const select = (count: number) => ({ type: 'static_select', action_id: 'a', options: many(count, option) });

/** Slack's limits: what is made with `limit` is accepted, with one more it is refused at the pointer. */
const limits: readonly { name: string; limit: number; pointer: string; make: (size: number) => JsonObject }[] = [
  { name: 'header text', limit: 150, pointer: '/text/text', make: (n) => ({ type: 'header', text: plain(n) }) },
  { name: 'section text', limit: 3000, pointer: '/text/text', make: (n) => ({ type: 'section', text: mrkdwn(n) }) },
  {
    name: 'fields',
    limit: 10,
    pointer: '/fields',
    make: (n) => ({ type: 'section', fields: many(n, () => plain(3)) }),
  },
  {
    name: 'field text',
    limit: 2000,
    pointer: '/fields/0/text',
    make: (n) => ({ type: 'section', fields: [plain(n)] }),
  },
  { name: 'block_id', limit: 255, pointer: '/block_id', make: (n) => ({ type: 'divider', block_id: 'x'.repeat(n) }) },
  {
    name: 'context',
    limit: 10,
    pointer: '/elements',
    make: (n) => ({ type: 'context', elements: many(n, () => plain(3)) }),
  },
  { name: 'actions', limit: 25, pointer: '/elements', make: (n) => actions(...many(n, (i) => button({}, `a${i}`))) },
  {
    name: 'button text',
    limit: 75,
    pointer: '/elements/0/text/text',
    make: (n) => actions(button({ text: plain(n) })),
  },
  { name: 'value', limit: 2000, pointer: '/elements/0/value', make: (n) => actions(button({ value: 'x'.repeat(n) })) },
  { name: 'action_id', limit: 255, pointer: '/elements/0/action_id', make: (n) => actions(button({}, 'x'.repeat(n))) },
  {
    name: 'confirm title',
    limit: 100,
    pointer: '/elements/0/confirm/title/text',
    make: (n) => actions(button({ confirm: confirm(n, 9) })),
  },
  {
    name: 'confirm text',
    limit: 300,
    pointer: '/elements/0/confirm/text/text',
    make: (n) => actions(button({ confirm: confirm(9, n) })),
  },
  { name: 'select options', limit: 100, pointer: '/elements/0/options', make: (n) => actions(select(n)) },
  {
    name: 'overflow options',
    limit: 5,
    pointer: '/elements/0/options',
    make: (n) => actions({ ...select(n), type: 'overflow' }),
  },
  {
    name: 'checkboxes',
    limit: 10,
    pointer: '/elements/0/options',
    make: (n) => actions({ ...select(n), type: 'checkboxes' }),
  },
  { name: 'markdown', limit: 12_000, pointer: '/text', make: (n) => ({ type: 'markdown', text: 'x'.repeat(n) }) },
  {
    name: 'table rows',
    limit: 100,
    pointer: '/rows',
    make: (n) => ({ type: 'table', rows: many(n, () => [{ type: 'raw_text', text: 'c' }]) }),
  },
  {
    name: 'table columns',
    limit: 20,
    pointer: '/rows/0',
    make: (n) => ({ type: 'table', rows: [many(n, () => ({ type: 'raw_text', text: 'c' }))] }),
  },
];

const filler = fc.constantFrom<JsonObject>(
  { type: 'divider' },
  { type: 'section', text: mrkdwn(20), accessory: button({ style: 'primary' }) },
  { type: 'context', elements: [mrkdwn(9), { type: 'image', image_url: 'https://x/y.png', alt_text: 'y' }] },
  { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'ls' }] }] },
  { type: 'image', image_url: 'https://x/y.png', alt_text: '' },
  { type: 'input', label: plain(4), element: { type: 'plain_text_input', action_id: 'i' } },
);

describe('blockFaults', () => {
  it('accepts any list within the limits and names the pointer of what is one over', () => {
    const at = fc.record({ before: fc.array(filler, { maxLength: 20 }), after: fc.array(filler, { maxLength: 20 }) });
    fc.assert(
      fc.property(
        at,
        fc.constantFrom(...limits),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ before, after }, rule, share) => {
          const within = Math.max(1, Math.floor(rule.limit * share));
          expect(blockFaults([...before, rule.make(within), ...after], 'message')).toEqual([]);
          const faults = blockFaults([...before, rule.make(rule.limit + 1), ...after], 'message');
          expect(faults.map((fault) => fault.pointer)).toEqual([`/blocks/${before.length}${rule.pointer}`]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(limits)('accepts $name at exactly $limit', ({ make, limit }) => {
    expect(blockFaults([make(limit)], 'message')).toEqual([]);
  });

  it.each([
    ['an unknown block', { type: 'sektion' }, '/blocks/0/type'],
    ['an unknown element', actions({ type: 'slider' }), '/blocks/0/elements/0/type'],
    ['a section without text', { type: 'section' }, '/blocks/0'],
    ['mrkdwn in a header', { type: 'header', text: mrkdwn(3) }, '/blocks/0/text/type'],
    ['an empty text', { type: 'section', text: mrkdwn(0) }, '/blocks/0/text/text'],
    ['an empty actions block', actions(), '/blocks/0/elements'],
    ['the same action_id twice', actions(button({}), button({})), '/blocks/0/elements/1/action_id'],
    ['a property Slack does not know', { type: 'divider', colour: 'red' }, '/blocks/0'],
    ['a relative picture', { type: 'image', image_url: '/y.png', alt_text: '' }, '/blocks/0/image_url'],
    ['a style Slack does not know', actions(button({ style: 'default' })), '/blocks/0/elements/0/style'],
  ])('refuses %s', (_, block, pointer) => {
    expect(blockFaults([block], 'message').map((fault) => fault.pointer)).toContain(pointer);
  });

  it('counts blocks by surface, and sums characters', () => {
    const dividers = many(51, () => ({ type: 'divider' }));
    expect(blockFaults(dividers, 'message')).toMatchObject([{ pointer: '/blocks' }]);
    expect(blockFaults(dividers, 'modal')).toEqual([]);
    expect(blockFaults([...dividers, ...dividers], 'modal')).toMatchObject([{ pointer: '/blocks' }]);
    const twice = [
      { type: 'divider', block_id: 'd' },
      { type: 'divider', block_id: 'd' },
    ];
    expect(blockFaults(twice, 'message')).toMatchObject([{ pointer: '/blocks/1/block_id' }]);
    expect(blockCharacters([{ type: 'section', text: mrkdwn(7), fields: [plain(3)] }])).toBe(10);
  });
});

describe('viewFaults', () => {
  const view = { type: 'modal', title: plain(24), blocks: [] };
  it.each([
    ['title', { title: plain(25) }, '/view/title/text'],
    ['submit', { submit: plain(25) }, '/view/submit/text'],
    ['close', { close: plain(25) }, '/view/close/text'],
    ['private_metadata', { private_metadata: 'x'.repeat(3001) }, '/view/private_metadata'],
    ['a block in it', { blocks: [{ type: 'table', rows: [] }] }, '/view/blocks/0/type'],
  ])('refuses too much of %s', (_, more, pointer) => {
    expect(viewFaults(view)).toEqual([]);
    expect(viewFaults({ ...view, ...more }).map((fault) => fault.pointer)).toEqual([pointer]);
  });
});
