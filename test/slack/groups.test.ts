import { expect, it } from 'vitest';
import { createGroups } from '../../src/slack/groups.ts';
import { createWebClient } from '../../src/slack/web-slack.ts';
import { botToken, memoryLogger, startTestSlack, until } from './support/local.ts';

const ONCALL = 'T0LOCAL/S0ONCALL';

it('mirrors the members of a group, follows a change, and believes nothing that is old', async () => {
  const users = ['U0BOB', 'U0CAROL'];
  const slack = await startTestSlack({ userGroups: [{ id: 'S0ONCALL', handle: 'oncall', name: 'On call', users }] });
  const stopping = new AbortController();
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  const wakes: (() => void)[] = [];
  const clock = {
    now: () => new Date(nowMs),
    wait: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        wakes.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const logger = memoryLogger();
  const client = createWebClient({ token: botToken, apiUrl: slack.apiUrl, timeoutMs: 5_000, logger });
  const groups = createGroups({ client, groups: [ONCALL, 'T0LOCAL/S0GONE'], clock, logger });
  try {
    expect(groups.members().size).toBe(0);
    const following = groups.follow(stopping.signal);
    await until('asked', () => wakes.length === 1);
    expect([...groups.members()]).toEqual([[ONCALL, ['T0LOCAL/U0BOB', 'T0LOCAL/U0CAROL']]]);
    users.pop();
    wakes.shift()?.();
    await until('asked', () => wakes.length === 1);
    expect(groups.members().get(ONCALL)).toEqual(['T0LOCAL/U0BOB']);
    nowMs += 16 * 60_000;
    expect(groups.members().size).toBe(0);
    stopping.abort();
    await following;
  } finally {
    stopping.abort();
    await slack.close();
  }
});
