import type { SeenStore, Told, ToldStore } from '../../../src/contract/told.ts';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import type { Limits, LocalSlackOptions } from '../../../src/demo/slack/options.ts';
import type { Message } from '../../../src/demo/slack/workspace.ts';

export const channel = 'C0OPS';
export const botToken = 'xoxb-test';
export const appToken = 'xapp-test';
export const signingSecret = 'a-secret-of-the-test';

/** A local Slack with two people of the workspace, an approver and a guest. */
export function startTestSlack(
  options: {
    readonly limits?: Partial<Limits>;
    readonly requestUrl?: string;
    readonly channels?: readonly { readonly id: string; readonly name: string }[];
    readonly userGroups?: NonNullable<LocalSlackOptions['userGroups']>;
    readonly scopes?: readonly string[];
  } = {},
): Promise<LocalSlack> {
  return startLocalSlack({
    host: '127.0.0.1',
    port: 0,
    team: { id: 'T0TEAM', name: 'test' },
    people: [
      { id: 'U0ALICE', name: 'alice', realName: 'Alice' },
      { id: 'U0BOB', name: 'bob', realName: 'Bob' },
      { id: 'U0CAROL', name: 'carol', realName: 'Carol' },
      { id: 'U0GUEST', name: 'guest', realName: 'Guest', guest: true },
    ],
    channels: [{ id: channel, name: 'incidents' }, ...(options.channels ?? [])],
    app: {
      id: 'A0APP',
      botId: 'B0BOT',
      botUserId: 'U0BOT',
      name: 'medic',
      botToken,
      appToken,
      signingSecret,
      command: '/models',
      ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
      ...(options.requestUrl === undefined ? {} : { requestUrl: options.requestUrl }),
    },
    ...(options.userGroups === undefined ? {} : { userGroups: options.userGroups }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
}

/** Rates at which a test does not wait. */
export const fastLimits = { postBurst: 1_000, postsPerSecond: 1_000, tier3PerMinute: 10_000, tier4PerMinute: 10_000 };
export const fastRates = { postBurst: 1_000, postsPerSecond: 1_000, editsPerMinute: 10_000, editsReserved: 10 };

/** A store in memory; `log` is written in order, so that a test can cut it anywhere. */
export function memoryTold(): ToldStore & { readonly all: Map<string, Record<string, Told>> } {
  const all = new Map<string, Record<string, Told>>();
  return {
    all,
    get: (incident) => Promise.resolve({ ...all.get(incident) }),
    set(incident, key, told) {
      all.set(incident, { ...all.get(incident), [key]: told });
      return Promise.resolve();
    },
    incidentOf(where, ts) {
      const found = [...all].find(([, told]) =>
        Object.values(told).some((one) => one.channel === where && one.ts === ts),
      );
      return Promise.resolve(found?.[0]);
    },
  };
}

/** Remembers for ever, which is longer than any test. */
export function memorySeen(): SeenStore {
  const seen = new Set<string>();
  return {
    firstTime(key) {
      const first = !seen.has(key);
      seen.add(key);
      return Promise.resolve(first);
    },
  };
}

/** What people read in the channel, without ids and times of Slack. */
export function transcript(slack: LocalSlack): unknown[] {
  return slack
    .messages(channel)
    .filter(({ threadTs }) => threadTs === undefined)
    .flatMap((root) =>
      slack.thread(channel, root.ts).map((message: Message) => ({
        text: message.text,
        // Slack gives ids of its own to blocks without one.
        blocks: message.blocks.map(({ block_id: id, ...block }) =>
          String(id).startsWith('b-') ? { ...block, id } : block,
        ),
        broadcast: message.broadcast === true,
        isReply: message.threadTs !== undefined,
        files: message.files.map((file) => file['name']),
      })),
    );
}

/** Polls until `ready` gives something; fails after `ms`. */
export async function until<T>(what: string, ready: () => T | undefined | false, ms = 10_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = ready();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`did not happen in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Collects what would be logged. */
export function memoryLogger() {
  const lines: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
