import { App, LogLevel } from '@slack/bolt';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import type { LocalSlackOptions } from '../../../src/demo/slack/options.ts';

/** The ids of the workspace that these tests start. */
export const ids = {
  team: 'T0TEAM',
  ops: 'C0OPS',
  alerts: 'C0ALERTS',
  alice: 'U0ALICE',
  bob: 'U0BOB',
  guest: 'U0GUEST',
  bot: 'U0MEDIC',
  botToken: 'xoxb-local-bot',
  appToken: 'xapp-local-app',
  secret: 'local-signing-secret',
} as const;

/** A local Slack on a free port, with whatever a test wants different. */
export function startWorkplace(
  options: Partial<Omit<LocalSlackOptions, 'app'>> & { requestUrl?: string } = {},
): Promise<LocalSlack> {
  const { requestUrl, ...rest } = options;
  return startLocalSlack({
    host: '127.0.0.1',
    port: 0,
    team: { id: ids.team, name: 'Local' },
    people: [
      { id: ids.alice, name: 'alice', realName: 'Alice' },
      { id: ids.bob, name: 'bob', realName: 'Bob' },
      { id: ids.guest, name: 'gus', realName: 'Gus', guest: true },
    ],
    channels: [
      { id: ids.ops, name: 'incidents' },
      { id: ids.alerts, name: 'alerts' },
    ],
    app: {
      id: 'A0MEDIC',
      botId: 'B0MEDIC',
      botUserId: ids.bot,
      name: 'medic',
      botToken: ids.botToken,
      appToken: ids.appToken,
      signingSecret: ids.secret,
      command: '/models',
      ...(requestUrl === undefined ? {} : { requestUrl }),
    },
    ...rest,
  });
}

/** A Bolt app in Socket Mode against a local Slack; `listen` adds its listeners before it starts. */
export async function startApp(slack: LocalSlack, listen: (app: App) => void): Promise<App> {
  const app = new App({
    token: ids.botToken,
    appToken: ids.appToken,
    socketMode: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
  });
  listen(app);
  await app.start();
  await until(() => slack.connections() > 0);
  return app;
}

/** Waits until something is there, at most `ms` milliseconds. */
export async function until<T>(look: () => T | undefined | false, ms = 5_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`nothing after ${ms} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One Web API call as any HTTP client makes it. */
export async function call(
  slack: LocalSlack,
  method: string,
  fields: object,
  token: string = ids.botToken,
): Promise<{ status: number; retryAfter: string | null; body: { [key: string]: unknown } }> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(fields),
  });
  // The fields are only compared, never trusted.
  const body = (await response.json()) as { [key: string]: unknown };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
}
