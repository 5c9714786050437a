import { expect, it } from 'vitest';
import { plainLines, plainMrkdwn, timeOfDay } from '../../src/demo/plain-text.ts';

const names = (id: string): string => ({ U0ALICE: 'Alice' })[id] ?? id;

it.each([
  ['*bold* and _slanted_ and `code`', 'bold and slanted and code'],
  ['*🔴 hex8_2p and hex8_4p are wrong*', '🔴 hex8_2p and hex8_4p are wrong'],
  ['ringrift_best_hex8_2p.pth -&gt; canonical_hex8_2p.pth', 'ringrift_best_hex8_2p.pth -> canonical_hex8_2p.pth'],
  ['asked by <@U0ALICE>', 'asked by @Alice'],
  ['in <https://local/x|the thread>', 'in the thread'],
  ['<https://local/x>', 'https://local/x'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['&amp;lt;', '&lt;'],
])('%s', (mrkdwn, plain) => expect(plainMrkdwn(mrkdwn, names)).toBe(plain));

it('a date is a time of day of this machine', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const day = `<!date^${at / 1_000}^{date_short_pretty} {time} ({ago})|2026-01-02 03:04 UTC>`;
  expect(plainMrkdwn(`since ${day} · open`, names)).toBe(`since ${timeOfDay(at).slice(0, 5)} · open`);
});

it('shows sections, buttons, small print and code, and no control character reaches the terminal', () => {
  const pre = { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'a *b*\n\u001b[31mred' }] };
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text: '*News*\nmore' } },
    { type: 'context', elements: [{ type: 'mrkdwn', text: 'by <@U0ALICE>' }] },
    { type: 'rich_text', elements: [pre] },
    {
      type: 'actions',
      elements: ['Approve', 'Details'].map((text) => ({ type: 'button', text: { type: 'plain_text', text } })),
    },
  ];
  const lines = plainLines({ text: 'for telephones', blocks, files: [{ title: 'All findings' }] }, names);
  expect(lines).toEqual([
    'News',
    'more',
    'by @Alice',
    'a *b*',
    '�[31mred',
    '[ Approve ] [ Details ]',
    '[file] All findings',
  ]);
});
