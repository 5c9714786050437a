import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/domain/model.ts';
import { type Flag, modelNamed, parseTarget, shellWords, splitWords } from '../../src/domain/words.ts';

const models: Model[] = ['hex8_2p', 'hex8_3p', 'square19_4p'].map((name) => ({
  name,
  canonical: `canonical_${name}.pth`,
  alias: `ringrift_best_${name}.pth`,
}));
const flags: Flag[] = [
  { name: 'only', takes: 'list' },
  { name: 'fresh', takes: 'nothing' },
  { name: 'transport', takes: 'value' },
];

describe('splitWords', () => {
  it.each([
    ['check hex8_2p', ['check', 'hex8_2p']],
    ['  check \t hex8_2p \n', ['check', 'hex8_2p']],
    ['', []],
    ['check \u2014fresh', ['check', '--fresh']],
    ['check \u2013\u2013only=a', ['check', '--only=a']],
    ['check \u2014only a,b', ['check', '--only', 'a,b']],
    ['on n[1\u20138]', ['on', 'n[1-8]']],
    ['wait \u2014 then go', ['wait', '\u2014', 'then', 'go']],
    ['reject abc \u201cdisk swap \u2014 tomorrow\u201d', ['reject', 'abc', 'disk swap \u2014 tomorrow']],
    ["reject abc 'two words'", ['reject', 'abc', 'two words']],
    ['reject abc don\u2019t touch it', ['reject', 'abc', "don't", 'touch', 'it']],
    ['--only="a b"', ['--only=a b']],
    ['a "" b', ['a', '', 'b']],
    ['hex8_2p\u00a0on\u00a0@gpu', ['hex8_2p', 'on', '@gpu']],
    ['ask <@U123|alice> in <#C1|ops>', ['ask', '@U123', 'in', '#ops']],
    ['on <http://vast-1.example.net|vast-1.example.net>', ['on', 'vast-1.example.net']],
    ['see <https://example.net/x>', ['see', 'https://example.net/x']],
    ['<!channel> hi', ['!channel', 'hi']],
    ['on @gpu&amp;vast-*', ['on', '@gpu&vast-*']],
    ['a &amp;lt; b', ['a', '&lt;', 'b']],
    ['hex8_2p\u200b', ['hex8_2p']],
  ])('%j', (text, words) => expect(splitWords(text)).toEqual({ ok: true, words }));

  it.each([
    ['n1\u0000', '"n1\\u{0}" has an invisible character'],
    ['n1\u001b[31m', 'invisible character'],
    ['n1\u202e', 'invisible character'],
    ['reject abc "half', 'opened and never closed'],
    ['x'.repeat(20_001), 'longer than 20000 characters'],
  ])('refuses %#', (text, part) => {
    const result = splitWords(text);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'usage' } });
    expect(!result.ok && result.refusal.text).toContain(part);
  });

  it('never throws, and lets no invisible character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const result = splitWords(text);
        if (result.ok) for (const word of result.words) expect(word).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        else expect(result.refusal.text).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('shellWords', () => {
  it('keeps what the shell has split and undoes dashes', () => {
    expect(shellWords(['reject', 'abc', 'a \u2014 b', '\u2014fresh'])).toEqual({
      ok: true,
      words: ['reject', 'abc', 'a \u2014 b', '--fresh'],
    });
    expect(shellWords(['n1\n'])).toMatchObject({ ok: false, refusal: { code: 'usage' } });
  });
});

describe('modelNamed', () => {
  it.each([
    'hex8_2p',
    'canonical_hex8_2p',
    'canonical_hex8_2p.pth',
    'ringrift_best_hex8_2p',
    'ringrift_best_hex8_2p.pth',
  ])('%s is hex8_2p', (word) => expect(modelNamed(word, models)).toEqual({ ok: true, model: models[0] }));

  it.each([
    ['hex8-2p', 'Did you mean hex8_2p?'],
    ['canonical_hex8_2q.pth', 'Did you mean hex8_2p?'],
    ['ringrift_best_square19_4.pth', 'Did you mean square19_4p?'],
    ['ringrift_best_sq19_4p.pth', 'Models are hex8_2p'],
    ['canonical_hex8_2p.backup.pth', 'Did you mean hex8_2p?'],
    ['n1;', 'Models are hex8_2p, hex8_3p, square19_4p; nodes come after "on".'],
    ['$(id)', 'Models are hex8_2p'],
    ['../../etc', 'Models are hex8_2p'],
    ['constructor', 'Models are hex8_2p'],
    ['', 'Models are hex8_2p'],
  ])('refuses %j: %s', (word, part) => {
    const result = modelNamed(word, models);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'model_unknown' } });
    expect(!result.ok && result.refusal.text).toContain(part);
  });
});

describe('parseTarget', () => {
  it.each([
    [[], [], null, {}],
    [['hex8_2p'], ['hex8_2p'], null, {}],
    [['hex8_2p,hex8_3p', 'canonical_hex8_2p.pth'], ['hex8_2p', 'hex8_3p'], null, {}],
    [['hex8_2p', 'on', '@gpu'], ['hex8_2p'], '@gpu', {}],
    [['to', 'vast-1,', 'vast-2'], [], 'vast-1, vast-2', {}],
    [['on', 'n1', '--fresh'], [], 'n1', { fresh: [] }],
    [['--only', 'a,b', 'hex8_3p', '--only=c'], ['hex8_3p'], null, { only: ['a', 'b', 'c'] }],
    [['--transport', 'rsync', 'on', 'n1;', 'touch', 'x'], [], 'n1; touch x', { transport: ['rsync'] }],
    [['nonsense', '--help'], [], null, { help: [] }],
    [['--only', '-h'], [], null, { help: [] }],
  ])('%j', (words, named, on, given) => {
    const result = parseTarget(words, models, flags);
    expect(result.ok && { ...result.target, flags: Object.fromEntries(result.target.flags) }).toEqual({
      models: named,
      on,
      flags: given,
    });
  });

  it.each([
    [['n1;', 'touch', 'x'], 'model_unknown', '"n1;" is no model'],
    [['hex8_2p', 'hex9_2p'], 'model_unknown', 'Did you mean hex8_2p?'],
    [[','], 'model_unknown', 'is no model'],
    [['on'], 'usage', '"on" needs a node set after it'],
    [['to', '--fresh'], 'usage', '"to" needs a node set after it'],
    [['on', 'n1', 'to', 'n2'], 'usage', 'once'],
    [['--frehs'], 'usage', 'Did you mean --fresh?'],
    [['-fresh'], 'usage', 'Did you mean --fresh?'],
    [['--zzzzzzz'], 'usage', 'It takes --only, --fresh, --transport, --help.'],
    [['--constructor'], 'usage', 'is no option'],
    [['--fresh=yes'], 'usage', '--fresh takes no value'],
    [['--only'], 'usage', '--only needs a list'],
    [['--only', ','], 'usage', '--only needs a list'],
    [['--only', '--fresh'], 'usage', '--only needs a list'],
    [['--transport='], 'usage', '--transport needs a value'],
    [['--transport', 'a', '--transport', 'b'], 'usage', 'given twice'],
    [['--'], 'usage', 'is no option'],
  ])('refuses %j: %s', (words, code, part) => {
    const result = parseTarget(words, models, flags);
    expect(result).toMatchObject({ ok: false, refusal: { code } });
    expect(!result.ok && result.refusal.text).toContain(part);
    expect(!result.ok && result.refusal.text).toMatch(/Nothing was run\.$/);
  });

  it('never throws for any words', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('on', 'to', '--only', '--fresh', 'hex8_2p', '--transport=x'));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const result = parseTarget(words, models, flags);
        if (result.ok)
          for (const name of result.target.models) expect(models.map((model) => model.name)).toContain(name);
      }),
    );
  });
});
