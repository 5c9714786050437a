import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asideOf, createJobJudge, newJobId, signedJob } from '../../src/queue/signed-jobs.ts';
import { keysHere } from '../support/builders/signing.ts';

const place = { queue: 'plan', id: 'plan-1' };
const job = { incident: 'i-00000001', by: 'T0TEAM/U0ALICE', scope: { nodes: ['vast-1'] } };
const overRedis = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

it('takes a job that a desk put there, once, and judges it as often as it is asked', () => {
  const { signing } = keysHere();
  const judge = createJobJudge(signing('worker'));
  const lying = { ...place, data: overRedis(signedJob(signing('bot'), place, job)) };
  expect([judge.distrust(lying), judge.take(lying)]).toEqual([undefined, undefined]);
  expect([judge.take(lying), judge.distrust(lying)]).toEqual(['repeated', undefined]);
});

it('hands out work in nobody’s name but that of the people who come through its own door', () => {
  const { signing } = keysHere();
  const { distrust } = createJobJudge(signing('worker'));
  const from = (program: 'bot' | 'shell' | 'worker', by?: string) =>
    distrust({ ...place, data: signedJob(signing(program), place, { ...job, by }) });
  expect(from('bot')).toBeUndefined();
  expect(from('bot', 'cli:alice')).toBe('not_its_writer');
  expect(from('shell', 'cli:alice')).toBeUndefined();
  expect(from('shell', 'T0TEAM/U0ALICE')).toBe('not_its_writer');
  expect(from('worker')).toBe('not_its_writer');
});

it('counts nothing that was altered anywhere, in whatever way', () => {
  const { signing } = keysHere();
  const { distrust } = createJobJudge(signing('worker'));
  const text = JSON.stringify(signedJob(signing('bot'), place, job));
  fc.assert(
    // Up to the signature, of which base64 has more than one spelling.
    fc.property(fc.nat(text.indexOf('"sign"')), fc.integer({ min: 32, max: 126 }), (at, code) => {
      const altered = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
      let data: unknown;
      try {
        data = JSON.parse(altered);
      } catch {
        return;
      }
      const same = JSON.stringify(data) === text;
      expect(distrust({ ...place, data }) === undefined).toBe(same);
    }),
    { numRuns: 2_000 },
  );
});

it('is neither confused nor stopped by what is no job at all', () => {
  const { signing } = keysHere();
  const { distrust } = createJobJudge(signing('worker'));
  const signed = signedJob(signing('bot'), place, job);
  let deep: unknown = [];
  for (let depth = 0; depth < 50_000; depth += 1) deep = [deep];
  for (const data of [null, 7, 'x', [], {}, { ...signed, more: 1 }, { ...signed, job: null }])
    expect(distrust({ ...place, data }), JSON.stringify(data)).toBe('unsigned');
  expect(distrust({ ...place, data: { ...signed, job: { deep } } })).toBe('bad_signature');
  expect(asideOf({ ...place, data: null }, 'unsigned')).toEqual({ ...place, why: 'unsigned', key: '', job: null });
  expect(asideOf({ ...place, data: job }, 'unsigned').job).toEqual(job);
  expect(newJobId('plan')).not.toBe(newJobId('plan'));
});

it('lets a job wait for a day and no longer', () => {
  const { signing } = keysHere();
  const { distrust } = createJobJudge(signing('worker'));
  const since = (ms: number) => new Date(Date.now() - ms).toISOString();
  expect(distrust({ ...place, data: signedJob(signing('bot'), place, job, since(86_000_000)) })).toBeUndefined();
  expect(distrust({ ...place, data: signedJob(signing('bot'), place, job, since(86_500_000)) })).toBe('too_old');
});
