import { expect, it } from 'vitest';
import { createSessions } from '../../src/ssh/sessions.ts';
import { nodeForTests, scriptRun, textOf } from './node-for-tests.ts';

it('reaches the own machine without SSH, and every other node only over it', async () => {
  const sessions = createSessions({ knownHosts: [], nodeByName: () => undefined });
  const here = nodeForTests({ name: 'here', local: true });
  const there = nodeForTests({ name: 'there', keyFile: '/nowhere/key' });
  expect(await sessions.warm(here)).toEqual({ ok: true });
  expect(textOf(await sessions.run(here, scriptRun('echo "$1"', { args: ['x'] })))).toBe('x\n');
  expect(await sessions.warm(there)).toMatchObject({ ok: false, reason: 'auth' });
  expect(await sessions.run(there, scriptRun('echo'))).toMatchObject({ reason: 'auth' });
  await sessions.close();
  expect(await sessions.run(here, scriptRun('echo'))).toMatchObject({ reason: 'cancelled' });
  expect(await sessions.run(there, scriptRun('echo'))).toMatchObject({ reason: 'cancelled' });
});
