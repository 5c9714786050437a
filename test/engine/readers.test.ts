import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/contract/fact.ts';
import type { LookContext } from '../../src/contract/job.ts';
import type { Sessions } from '../../src/contract/sessions.ts';
import { Fault } from '../../src/domain/fault.ts';
import { createReaders } from '../../src/engine/readers.ts';
import { aFinding } from '../support/builders/entries.ts';
import { aNode } from '../support/nodes.ts';

const utf8 = new TextEncoder();
const AT = '2026-03-01T12:00:00.000Z';
const alias = 'ringrift_best_hex8_2p.pth';
const found = aFinding('vast-1', { subject: alias });

/** A node that answers every question with this text. */
function answering(text: string, code = 0): Sessions {
  const ended = { kind: 'ended', code, stdout: utf8.encode(text), stderr: utf8.encode(''), ms: 1 } as const;
  return { run: async () => ended, warm: async () => ({ ok: true }), close: async () => {} };
}

function fact(name: string, ...args: readonly string[]): Fact<number> {
  return {
    name,
    script: ':',
    args,
    timeoutMs: 1,
    outputBytesMax: 1,
    parse({ code }) {
      if (code !== 0) throw new Fault('no_tool', 'none');
      return code;
    },
  };
}

/** The finding after a check that asks these facts of a node that answers so. */
async function after(sessions: Sessions, ...facts: readonly Fact<number>[]) {
  const readers = createReaders(sessions, () => new Date(AT));
  const node = aNode('vast-1');
  // Only what a check asks by is used here.
  const context = { node, read: readers.of(node), fleet: [] } as unknown as LookContext;
  const { context: heard, withAsked } = readers.listening(context);
  for (const one of facts) await heard.read(one).catch(() => 0);
  return withAsked(found);
}

describe('what a finding was read off', () => {
  it('is the question that names its subject, with exit code, time and that part of the answer', async () => {
    const text = `models-survey\0folder\0${alias}\0l\0N\0canonical_hex8_4p.pth\0`;
    const many = fact('models-survey', '~/models', 'canonical_hex8_2p.pth', alias, 'canonical_hex8_3p.pth');
    const { asked } = await after(answering(text), fact('node-condition', '~/models'), many);
    expect(asked?.at(-1)).toEqual({
      question: `models-survey ~/models ${alias} (and 2 more)`,
      code: 0,
      at: AT,
      excerpt: `${alias} l N canonical_hex8_4p.pth`,
    });
  });

  it('is everything that was asked where nothing names it, and of an address the path alone', async () => {
    const { asked } = await after(answering('{}'), fact('daemon-status', 'http://10.0.0.5:8790/status'));
    expect(asked).toEqual([{ question: 'daemon-status GET /status', code: 0, at: AT }]);
  });

  it('tells an answer that was none, and nothing of what was not asked', async () => {
    expect((await after(answering('', 11), fact('node-torch'))).asked).toMatchObject([{ code: 11 }]);
    expect(await after(answering(''))).toEqual(found);
  });

  it('of one check is not what another one asked', async () => {
    const readers = createReaders(answering(''), () => new Date(AT));
    const node = aNode('vast-1');
    const context = { node, read: readers.of(node), fleet: [] } as unknown as LookContext;
    const [first, second] = [readers.listening(context), readers.listening(context)];
    await first.context.read(fact('node-torch'));
    await second.context.read(fact('models-survey'));
    expect(second.withAsked(found).asked?.map(({ question }) => question)).toEqual(['models-survey']);
  });
});
