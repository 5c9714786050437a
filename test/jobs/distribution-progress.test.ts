import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distributionProgress } from '../../jobs/checks/distribution-progress.ts';
import type { LookContext } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { readHere } from '../facts/run-fact.ts';
import { createNodeHere, goodExpectation, modelOf, type NodeHere, nodeNamed } from './node-here.ts';

const MODEL = modelOf('hex8_2p');
let hub: NodeHere;
let nodes: NodeHere[];

beforeEach(() => {
  hub = createNodeHere([MODEL.name]);
  nodes = [createNodeHere([MODEL.name]), createNodeHere([MODEL.name])];
});
afterEach(() => {
  for (const here of [hub, ...nodes]) here.close();
});

const laterBy = (minutes: number) => (): Date => new Date(Date.now() + minutes * 60_000);

/** Looks as the worker does: from the coordinator, with a reader for every node. */
function look(over: Partial<LookContext> = {}) {
  const fleet = nodes.map(({ models }, index) => ({ node: nodeNamed(`vast-${index + 1}`, models), read: readHere() }));
  const record = goodExpectation(MODEL.name).record;
  const current = record.current && { ...record.current, since: new Date().toISOString() };
  hub.expect(MODEL.name, { record: { ...record, current } });
  const node = { ...nodeNamed('mac-studio', hub.models), coordinator: true };
  return distributionProgress.run(hub.context({ node, fleet, ...over }));
}

describe('a promotion', () => {
  it('that has reached every node under name and alias is nothing to tell', async () => {
    expect(await look({ now: laterBy(60) })).toEqual({ findings: [], unknown: [], notes: [] });
  });

  it.each([
    ['the file', MODEL.canonical],
    ['the alias', MODEL.alias],
  ])('is under way while a node lacks %s, and stuck when nothing has moved for five minutes', async (_, name) => {
    rmSync(nodes[1]?.path(name) ?? '');
    const soon = await look();
    expect(soon.findings).toEqual([]);
    expect(soon.unknown).toMatchObject([
      {
        reason: 'no_record',
        model: MODEL.name,
        detail: expect.stringMatching(
          /^under way: .* is on 1 of 2 nodes that answer; without it: vast-2; nothing has arrived for/,
        ),
      },
    ]);
    const late = await look({ now: laterBy(6) });
    expect(late.unknown).toEqual([]);
    expect(late.findings).toMatchObject([
      {
        code: 'distribution_stuck',
        node: 'mac-studio',
        model: MODEL.name,
        severity: 'critical',
        title: expect.stringMatching(/^stuck at distribution: /),
        evidence: ['without it: vast-2', 'nothing has arrived for 6 min', expect.any(String)],
      },
    ]);
  });

  it('does not count nodes that do not answer', async () => {
    const fleet = [
      { node: nodeNamed('vast-1', nodes[0]?.models ?? ''), read: readHere() },
      { node: nodeNamed('vast-2', '/nowhere'), read: () => Promise.reject(new Fault('timeout', 'no answer')) },
    ];
    expect(await look({ fleet, now: laterBy(60) })).toEqual({ findings: [], unknown: [], notes: [] });
  });

  it('of which nobody can tell anything is not known, rather than complete', async () => {
    const read = () => Promise.reject(new Fault('timeout', 'no answer'));
    const fleet = ['vast-1', 'vast-2'].map((name) => ({ node: nodeNamed(name, '/nowhere'), read }));
    expect(await look({ fleet, now: laterBy(60) })).toMatchObject({
      findings: [],
      unknown: [{ reason: 'timeout', detail: 'no node answers that models are sent to: no answer' }],
    });
  });

  it('that was told and never came to the coordinator is stuck there', async () => {
    const promotedAt = laterBy(60)().toISOString();
    const soon = await look({ promotedAt, now: laterBy(61) });
    expect(soon.unknown).toMatchObject([{ detail: expect.stringContaining('has not changed for') }]);
    const late = await look({ promotedAt, now: laterBy(70) });
    expect(late.findings).toMatchObject([
      { code: 'distribution_stuck', title: expect.stringMatching(/^stuck at promotion: /) },
    ]);
    // A file that came shortly before the word of it is what the word is about.
    expect(await look({ promotedAt: laterBy(5)().toISOString(), now: laterBy(20) })).toMatchObject({ findings: [] });
  });
});
