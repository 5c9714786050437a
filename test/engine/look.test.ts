import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/contract/fact.ts';
import type { Check } from '../../src/contract/job.ts';
import type { ScriptResult, Sessions } from '../../src/contract/sessions.ts';
import { Fault } from '../../src/domain/fault.ts';
import { lookAt } from '../../src/engine/look.ts';
import { DAEMON, LIMITS } from '../jobs/node-here.ts';
import { aFinding } from '../support/builders/entries.ts';
import { aNode } from '../support/nodes.ts';

const utf8 = new TextEncoder();
const fact: Fact<string> = {
  name: 'hostname',
  script: 'hostname',
  args: [],
  timeoutMs: 1_000,
  outputBytesMax: 100,
  parse({ code, stdout }) {
    if (code !== 0) throw new Fault('no_tool', 'there is no hostname');
    return new TextDecoder().decode(stdout);
  },
};

/** Sessions that answer by node name and count how often they were asked. */
function answering(answers: Readonly<Record<string, ScriptResult>>): Sessions & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async run({ name }) {
      asked.push(name);
      return answers[name] ?? { kind: 'unknown', reason: 'refused', detail: 'ssh connection refused' };
    },
    warm: async () => ({ ok: true }),
    close: async () => {},
  };
}

const ended = (code: number): ScriptResult => ({
  kind: 'ended',
  code,
  stdout: utf8.encode('x'),
  stderr: utf8.encode(''),
  ms: 1,
});

function check(name: string, run: Check['run']): Check {
  return { name, summary: name, run };
}
const asks = (name: string): Check =>
  check(name, async ({ read }) => {
    await read(fact);
    return { findings: [], unknown: [], notes: [`${name} is right`] };
  });

function look(
  nodes: readonly string[],
  checks: readonly Check[],
  sessions: Sessions,
  expected: Parameters<typeof lookAt>[0]['expected'] = new Map(),
) {
  const digests = { get: async () => undefined, set: async () => {} };
  return lookAt({
    nodes: nodes.map((name) => aNode(name)),
    models: [],
    checks,
    coordinator: aNode('source'),
    sessions,
    expected,
    digests,
    limits: LIMITS,
    now: () => new Date(),
    daemon: DAEMON,
    fleet: [],
    pullFrom: null,
    fresh: false,
  });
}

describe('lookAt', () => {
  it('tells a silent node once, however many checks asked it, and never as a finding or as right', async () => {
    const report = await look(['n1', 'n2'], [asks('a'), asks('b')], answering({ n1: ended(0) }));
    expect(report.findings).toEqual([]);
    expect(report.unknown).toEqual([{ node: 'n2', check: 'a', reason: 'refused', detail: 'ssh connection refused' }]);
    expect(report.notes).toEqual(['a is right', 'b is right']);
  });

  it('asks a node the same question once for all checks', async () => {
    const sessions = answering({ n1: ended(0), n2: ended(0) });
    await look(['n1', 'n2'], [asks('a'), asks('b'), asks('c')], sessions);
    expect(sessions.asked.toSorted()).toEqual(['n1', 'n2']);
  });

  it('asks what needs no source while the source is looked at, and once', async () => {
    const sessions = answering({ n1: ended(0), n2: ended(0) });
    // Comes only when both nodes were asked.
    const expected = (async () => {
      while (sessions.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      return new Map();
    })();
    const first: Check = { ...asks('a'), first: ({ read }) => read(fact) };
    const report = await look(['n1', 'n2', 'n3'], [first, asks('b')], sessions, expected);
    expect(sessions.asked.toSorted()).toEqual(['n1', 'n2', 'n3']);
    expect(report.notes).toEqual(['a is right (2 nodes)', 'b is right (2 nodes)']);
    expect(report.unknown).toMatchObject([{ node: 'n3', reason: 'refused' }]);
  });

  it('ends as the source ends when nobody knows what to expect', async () => {
    const first: Check = { ...asks('a'), first: ({ read }) => read({ ...fact, writes: true }) };
    const sessions = answering({ n1: ended(0) });
    await expect(look(['n1'], [first], sessions, Promise.reject(new Error('no record')))).rejects.toThrow('no record');
    expect(sessions.asked).toEqual([]);
  });

  it('says equal notes of several nodes once, with their number', async () => {
    const report = await look(['n1', 'n2', 'n3'], [asks('a')], answering({ n1: ended(0), n2: ended(0), n3: ended(0) }));
    expect(report.notes).toEqual(['a is right (3 nodes)']);
  });

  it('keeps what one check found when another one of the same node gets no answer', async () => {
    const finds = check('finds', async ({ node }) => ({ findings: [aFinding(node.name)], unknown: [], notes: [] }));
    const report = await look(['n1'], [finds, asks('a')], answering({ n1: ended(3) }));
    expect(report.findings).toEqual([aFinding('n1')]);
    expect(report.unknown).toMatchObject([{ node: 'n1', reason: 'no_tool', detail: 'there is no hostname' }]);
  });

  it('keeps different reasons of one node apart', async () => {
    const fails = check('other', async () => {
      throw new Fault('permission', 'models is not readable');
    });
    const report = await look(['n1'], [asks('a'), fails], answering({}));
    expect(report.unknown.map(({ reason }) => reason)).toEqual(['refused', 'permission']);
  });

  it('does not hide a bug of a check as unknown', async () => {
    const broken = check('broken', async () => {
      throw new TypeError('undefined is not a function');
    });
    await expect(look(['n1'], [broken], answering({ n1: ended(0) }))).rejects.toThrow('undefined is not a function');
  });

  it('lets only a probe ask what writes', async () => {
    const writing = check('a', async ({ read }) => {
      await read({ ...fact, writes: true });
      return { findings: [], unknown: [], notes: ['it wrote'] };
    });
    const sessions = answering({ n1: ended(0) });
    await expect(look(['n1'], [writing], sessions)).rejects.toThrow('only a probe may ask it');
    expect((await look(['n1'], [{ ...writing, probe: true }], sessions)).notes).toEqual(['it wrote']);
  });
});
