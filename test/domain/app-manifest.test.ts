import { expect, it } from 'vitest';
import { appManifest, BOT_SCOPES } from '../../src/domain/app-manifest.ts';

it('needs no address with sockets, and gives Slack one everywhere without', () => {
  const sockets = appManifest({ name: 'medic', socketMode: true });
  expect(sockets.settings.socket_mode_enabled).toBe(true);
  expect(JSON.stringify(sockets)).not.toContain('url');
  const requestUrl = 'https://medic.example/slack/events';
  const http = appManifest({ name: 'medic', socketMode: false, requestUrl });
  expect(JSON.stringify(http).split(requestUrl)).toHaveLength(4);
});

it('asks for what the bot calls and for nothing else', () => {
  expect([...BOT_SCOPES].toSorted()).toEqual([
    'app_mentions:read',
    'channels:history',
    'chat:write',
    'commands',
    'files:write',
    'groups:history',
    'im:history',
    'im:write',
    'reactions:read',
    'reactions:write',
    'usergroups:read',
    'users:read',
  ]);
});

it('has a Home tab and is told when somebody opens it', () => {
  const { features, settings } = appManifest({ name: 'medic', socketMode: true });
  expect(features.app_home.home_tab_enabled).toBe(true);
  expect(settings.event_subscriptions.bot_events).toContain('app_home_opened');
});

it('refuses HTTP without an address', () => {
  expect(() => appManifest({ name: 'medic', socketMode: false })).toThrow('URL');
});
