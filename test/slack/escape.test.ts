import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipped, escaped, plain } from '../../src/slack/escape.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '|',
        '!',
        '@',
        '#',
        '`',
        '```',
        '<!channel>',
        '<!here|x>',
        '<@U0ALICE>',
        '<#C0OPS>',
        '<https://evil|click>',
        '<!subteam^S1>',
        '<!date^1^{time}|x>',
        '&lt;',
        '\u202e',
        '\u2066',
        '\u200b',
        '\n',
        '\r',
        '\0',
        '\u2028',
        '\ud800',
        '😀',
        'a',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
);

/** Everything in angle brackets is special to Slack: mentions, channels, links, broadcasts, dates. */
function specials(mrkdwn: string): string[] {
  return mrkdwn.match(/<[^>]*>?/g) ?? [];
}

/** What a reader sees: Slack turns exactly these three entities back. */
function shown(mrkdwn: string): string {
  return mrkdwn.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

describe('escaped', () => {
  it('lets nothing special through, whatever was written', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(specials(escaped(text))).toEqual([]);
        expect(escaped(text)).not.toContain('>');
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves no control, bidi or invisible character, no line break and no backtick', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(escaped(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029`]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never passes the length it was given and never ends inside an entity', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const safe = escaped(text, max);
        expect(safe.length).toBeLessThanOrEqual(max);
        expect(safe).not.toMatch(/&(?!(?:amp|lt|gt);)/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('shows the reader what was written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', 'a', ';', 'l', 't', '|'), maxLength: 60 }),
        (text) => {
          expect(shown(escaped(text))).toBe(text);
        },
      ),
    );
  });
});

describe('plain and clipped', () => {
  it('keep signs that are harmless where nothing is parsed', () => {
    expect(plain('a <b> & c\u202e\n d`')).toBe('a <b> & c dˋ');
  });

  it('never cut through a pair of surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('😀', 'a') }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        const cut = clipped(text, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        // A lone surrogate is a code point of its own to this expression.
        expect(cut).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
