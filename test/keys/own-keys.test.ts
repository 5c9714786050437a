import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSigner, openVerifier, publicKeyFolder } from '../../src/keys/approval-keys.ts';
import { createOwnKeys, openOwnKey, publicHalf, withOwnKeys } from '../../src/keys/own-keys.ts';
import { anApproval, aPlan, REQUEST } from '../support/builders/plans.ts';

let alice = '';
let bob = '';
beforeEach(() => {
  alice = mkdtempSync(join(tmpdir(), 'medic-own-'));
  bob = mkdtempSync(join(tmpdir(), 'medic-own-'));
});
afterEach(() => {
  for (const folder of [alice, bob]) rmSync(folder, { recursive: true, force: true });
});

const approval = anApproval(aPlan());
const yes = { cluster: 'ringrift', plan: approval.plan, request: REQUEST, by: 'key:alice' };
const keys = () => ({ alice: publicHalf(alice), bob: publicHalf(bob) });

describe('a key of one’s own', () => {
  it('is whose medic.yaml says it is, and nobody’s where it does not', () => {
    expect(openOwnKey(alice, keys())?.person).toBe('key:alice');
    expect(openOwnKey(bob, keys())?.person).toBe('key:bob');
    expect(openOwnKey(alice, { bob: publicHalf(bob) })).toBeUndefined();
    expect(publicHalf(alice)).toBe(publicHalf(alice));
  });

  it('proves a yes for exactly this request of exactly this plan', () => {
    const proof = openOwnKey(alice, keys())?.prove(yes) ?? '';
    const judge = createOwnKeys(keys());
    expect(judge.proved(yes, proof)).toBe(true);
    for (const but of [{ plan: 'f'.repeat(64) }, { request: 'f'.repeat(32) }, { cluster: 'other' }, { by: 'key:bob' }])
      expect(judge.proved({ ...yes, ...but }, proof)).toBe(false);
    expect(judge.proved(yes, '')).toBe(false);
    expect(createOwnKeys({}).proved(yes, proof)).toBe(false);
  });

  it('signs approvals under its own name, and no other key can', () => {
    const verifier = withOwnKeys(openVerifier(publicKeyFolder(alice)), keys());
    const signed = openOwnKey(alice, keys())?.signer.sign(approval);
    if (signed === undefined) throw new Error('alice has no key');
    expect(verifier.valid(signed)).toBe(true);
    expect(verifier.valid({ ...signed, key: 'key:bob' })).toBe(false);
    expect(verifier.valid({ ...signed, key: 'key:__proto__' })).toBe(false);
    expect(verifier.valid(openSigner(alice, 'bot').sign(approval))).toBe(true);
  });
});
