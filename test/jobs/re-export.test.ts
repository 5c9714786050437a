import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LookContext } from '../../src/contract/job.ts';
import type { SourceState } from '../../src/domain/expected.ts';
import { chooseRepair, repairs } from '../../src/registry/jobs.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { createNodeHere, goodExpectation, modelOf, type NodeHere, nodeNamed } from './node-here.ts';

const MODEL = modelOf('hex8_2p');
const LEGACY = join(import.meta.dirname, '..', 'support', 'checkpoints', 'legacy_format.pth');
const bad: SourceState = { kind: 'bad', node: 'mac-studio', detail: 'old', code: 'format_legacy' };
const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function hub(source: SourceState = bad): NodeHere {
  const here = createNodeHere([MODEL.name]);
  open.push(here);
  copyFileSync(LEGACY, here.path(MODEL.canonical));
  here.age();
  const { record } = goodExpectation(MODEL.name);
  here.expect(MODEL.name, { record: { ...record, current: null }, source });
  return here;
}

function contextOf(here: NodeHere, but: Partial<LookContext> = {}): LookContext {
  const node = { ...nodeNamed('mac-studio', here.models), coordinator: true, root: dirname(here.models) };
  return here.context({ node, ...but });
}

const planned = (here: NodeHere, but: Partial<LookContext> = {}) =>
  repairs.find(({ name }) => name === 're-export')?.plan(contextOf(here, but));

describe("the repair 're-export'", () => {
  it('is chosen for a file of the old format on the coordinator, and only where nobody holds the recorded bytes', async () => {
    const here = hub();
    const context = contextOf(here);
    const { findings } = await here.look({ node: context.node });
    expect(findings).toMatchObject([{ code: 'format_legacy', node: 'mac-studio' }]);
    const expected = context.expected.get(MODEL.name);
    if (expected === undefined) throw new Error('nothing is expected');
    expect(chooseRepair(findings, expected)).toBe('re-export');
    const other = { ...expected, source: { kind: 'bad', node: 'mac-studio', detail: 'torn' } as const };
    expect(chooseRepair(findings, other)).toBeUndefined();
  });

  it.runIf(hasTool('torch'))('has the same plan each time it is made, and it names the digest', async () => {
    const here = hub();
    const plan = await planned(here);
    expect(plan).toMatchObject({
      kind: 'steps',
      target: {
        steps: [
          { kind: 'run', argv: expect.arrayContaining(['derive-model']) },
          { kind: 'transfer', sources: ['mac-studio'], transports: ['stream'] },
          { kind: 'record', from: null },
        ],
      },
    });
    expect(await planned(here)).toEqual(plan);
  });

  it('is nothing where the source is right, and refused on other nodes', async () => {
    expect(await planned(hub({ kind: 'good', node: 'mac-studio' }))).toEqual({ kind: 'nothing' });
    const here = hub();
    const node = { ...contextOf(here).node, coordinator: false };
    expect(await planned(here, { node })).toMatchObject({ refusal: { code: 'source_bad' } });
  });
});
