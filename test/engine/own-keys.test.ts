import { expect, it } from 'vitest';
import { overreachOf, unprovedBy } from '../../src/engine/own-keys.ts';
import { ALICE, anApproval, aPlan, BOB } from '../support/builders/plans.ts';

const judge = { proved: (_: unknown, proof: string) => proof === 'good' };
const approvedBy = (approvers: string[], proofs?: Record<string, string>) =>
  anApproval(aPlan(), { approvers, ...(proofs === undefined ? {} : { proofs }) });

it('a yes of somebody with a key counts only with their signature, whoever signed the approval', () => {
  expect(unprovedBy(approvedBy([BOB]), judge)).toBeUndefined();
  expect(unprovedBy(approvedBy(['key:alice'], { 'key:alice': 'good' }), judge)).toBeUndefined();
  expect(unprovedBy(approvedBy(['key:alice']), judge)?.code).toBe('approval_forged');
  expect(unprovedBy(approvedBy(['key:alice'], { 'key:alice': 'bad' }), judge)?.code).toBe('approval_forged');
  expect(unprovedBy(approvedBy([BOB, 'key:alice'], { [BOB]: 'good' }), judge)?.text).toContain('key:alice');
  expect(unprovedBy(approvedBy(['key:alice'], { 'key:alice': 'good' }), undefined)?.code).toBe('approval_forged');
});

it('a person’s key speaks for no one of Slack; the bot’s may', () => {
  expect(overreachOf('key:alice', approvedBy(['key:alice', 'key:bob']))).toBeUndefined();
  expect(overreachOf('key:alice', approvedBy(['key:alice', ALICE]))?.code).toBe('approval_forged');
  expect(overreachOf('bot', approvedBy(['key:alice', ALICE]))).toBeUndefined();
});
