import { expect, it, onTestFinished } from 'vitest';
import { BOT_SCOPES } from '../../src/domain/app-manifest.ts';
import { systemClock } from '../../src/slack/clock.ts';
import { examineSlack } from '../../src/slack/examine.ts';
import { botToken, channel, memoryLogger, startTestSlack } from './support/local.ts';

const group = (id: string, users: readonly string[], disabled = false) => ({
  id,
  handle: id,
  name: id,
  users,
  disabled,
});

async function examined(options: Parameters<typeof startTestSlack>[0], groups: readonly string[]) {
  const slack = await startTestSlack(options);
  onTestFinished(() => slack.close());
  const facts = await examineSlack({
    token: botToken,
    apiUrl: slack.apiUrl,
    channels: [channel],
    groups,
    ready: () => ({ ok: true, detail: '2 of 2 sockets open' }),
    clock: systemClock,
    logger: memoryLogger(),
  });
  if (facts.kind !== 'told') throw new Error(JSON.stringify(facts));
  return facts;
}

it('tells of each user group how many are in it, whether it is disabled, or that there is none', async () => {
  const userGroups = [
    group('S0ONCALL', ['U0BOB', 'U0CAROL']),
    group('S0EMPTY', []),
    group('S0OFF', ['U0BOB'], true),
    group('S0OTHER', ['U0ALICE']),
  ];
  const wanted = ['S0ONCALL', 'S0EMPTY', 'S0OFF', 'S0GONE'].map((id) => `T0TEAM/${id}`);
  expect((await examined({ userGroups }, wanted)).groups).toEqual([
    { id: 'T0TEAM/S0ONCALL', members: 2, disabled: false },
    { id: 'T0TEAM/S0EMPTY', members: 0, disabled: false },
    { id: 'T0TEAM/S0OFF', members: 1, disabled: true },
    { id: 'T0TEAM/S0GONE', code: 'no_such_subteam' },
  ]);
});

it('says which scope is missing, and asks for no groups where none is named', async () => {
  const scopes = BOT_SCOPES.filter((scope) => scope !== 'usergroups:read');
  const facts = await examined({ scopes, userGroups: [group('S0ONCALL', ['U0BOB'])] }, ['T0TEAM/S0ONCALL']);
  expect(facts.groups).toEqual([{ id: 'T0TEAM/S0ONCALL', code: 'missing_scope' }]);
  expect(facts.channels).toEqual([{ id: channel, code: null }]);
  expect((await examined({ scopes }, [])).groups).toEqual([]);
});
