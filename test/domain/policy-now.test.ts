import { describe, expect, it } from 'vitest';
import { ApprovalRules, mayDo } from '../../src/domain/policy.ts';
import { isGroup, policyNow, type WrittenPolicy } from '../../src/domain/policy-now.ts';
import { ALICE, BOB } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const EVE = 'T0TEAM/U0EVE';
const ONCALL = 'T0TEAM/S0ONCALL';
const written: WrittenPolicy = {
  operators: [ALICE],
  approvers: [BOB],
  breakGlass: [],
  rules: [{ people: [EVE, ONCALL], may: 'operate', nodes: 'vast-*' }],
  never: [{ nodes: 'vast-1,n9', because: 'it is being measured' }],
  channels: {},
  approvals: ApprovalRules.parse({}),
  caps: { perNodeHour: 20, perClusterHour: 200 },
};
const nodes = ['vast-1', 'vast-2', 'n1', 'n9'].map((name) => aNode(name));

describe('the policy of the moment', () => {
  it('reads sets of nodes with the inventory as it is now', () => {
    const before = policyNow(written, { mode: 'act', nodes });
    expect(mayDo(before, EVE, 'operate', { nodes: ['vast-2'] })).toBe(true);
    expect(mayDo(before, EVE, 'operate', { nodes: ['vast-3'] })).toBe(false);
    const after = policyNow(written, { mode: 'act', nodes: [...nodes, aNode('vast-3')] });
    expect(mayDo(after, EVE, 'operate', { nodes: ['vast-3'] })).toBe(true);
  });

  it('forbids every node when a line that forbids names one that is gone, and says so', () => {
    const gone = policyNow(written, { mode: 'act', nodes: nodes.filter(({ name }) => name !== 'n9') });
    expect(gone.never?.[0]?.bounds.nodes).toBe('unreadable');
    expect(mayDo(gone, BOB, 'approve', { nodes: ['n1'] })).toBe(false);
    expect(mayDo(policyNow(written, { mode: 'act', nodes }), BOB, 'approve', { nodes: ['n1'] })).toBe(true);
  });

  it('takes a pattern that nobody fits for nobody, not for everybody', () => {
    const some = (text: string) =>
      policyNow({ ...written, never: [{ nodes: text, because: 'no' }] }, { mode: 'act', nodes }).never?.[0]?.bounds
        .nodes;
    expect(some('lambda-*')).toEqual(new Set());
    expect(some('lambda-*,n1')).toEqual(new Set(['n1']));
    expect(some('@provider:lambda')).toEqual(new Set());
    expect(some('lambda-*!n1')).toBe('unreadable');
    expect(some('n1,n7')).toBe('unreadable');
  });

  it('gives the members of a group what the group has, and nobody before they are known', () => {
    const members = new Map([[ONCALL, ['T0TEAM/U0DAN']]]);
    const deed = { nodes: ['vast-2'] };
    expect(mayDo(policyNow(written, { mode: 'act', nodes, members }), 'T0TEAM/U0DAN', 'operate', deed)).toBe(true);
    expect(mayDo(policyNow(written, { mode: 'act', nodes }), 'T0TEAM/U0DAN', 'operate', deed)).toBe(false);
  });
});

it.each([
  ['T0TEAM/S0ONCALL', true],
  ['T0TEAM/U0ALICE', false],
  ['cli:S0', false],
])('%s is a user group: %s', (id, expected) => expect(isGroup(id)).toBe(expected));
