import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startSchedule } from '../../src/queue/schedule.ts';
import { type RedisHere, startRedisHere } from '../support/builders/redis-here.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };
let server: RedisHere;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  server = await startRedisHere();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => server.close());

async function start(prefix: string, everyMs: number, run: () => void) {
  const place = { connection: server.connect(), prefix };
  const schedule = await startSchedule(place, everyMs, async () => run(), logger);
  open.push(schedule);
  return schedule;
}

const within = { timeout: 20_000 };

it('runs again and again, and goes on after a run that failed', async () => {
  let runs = 0;
  await start('medic:again', 200, () => {
    runs += 1;
    if (runs === 1) throw new Error('no Redis for a moment');
  });
  await expect.poll(() => runs, within).toBeGreaterThan(2);
});

it('runs once each time, however many processes ask for it', async () => {
  const runs: string[] = [];
  for (const name of ['one', 'two', 'three']) await start('medic:shared', 400, () => void runs.push(name));
  const from = Date.now();
  await expect.poll(() => runs.length, within).toBeGreaterThan(3);
  // Three of them would have been at least three times as often.
  expect(runs.length).toBeLessThanOrEqual(Math.ceil((Date.now() - from) / 400) + 2);
});

it('ends with the 0 of a new medic.yaml what an earlier one wanted', async () => {
  let runs = 0;
  const first = await start('medic:ended', 200, () => void (runs += 1));
  await expect.poll(() => runs, within).toBeGreaterThan(0);
  await first.close();
  open.splice(0);
  await start('medic:ended', 0, () => undefined);
  let later = 0;
  // A scheduler of another time on the same queue: if the old one were alive, its jobs would come here.
  await start('medic:ended', 60_000, () => void (later += 1));
  await expect.poll(() => later, within).toBeLessThan(2);
});
