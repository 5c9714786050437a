import type { Limits } from './options.ts';

const tier2 = ['conversations.list', 'users.list', 'usergroups.list', 'usergroups.users.list', 'reactions.remove'];
const tier4 = [
  'chat.postEphemeral',
  'conversations.members',
  'users.info',
  'views.publish',
  'views.open',
  'views.push',
  'views.update',
  'files.getUploadURLExternal',
  'files.completeUploadExternal',
];
const unlimited = ['auth.test', 'apps.connections.open', 'chat.getPermalink'];

/** Counts calls and says how many seconds a refused one has to wait; undefined lets it pass. */
export type RateLimits = { secondsToWait(method: string, channel: string | undefined): number | undefined };

/** Slack's rates: a bucket for each channel for posts, a window of one minute for everything else. */
export function createRateLimits(options: { readonly limits: Limits; readonly now: () => number }): RateLimits {
  const { limits, now } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  const windows = new Map<string, number[]>();

  function postWait(channel: string): number | undefined {
    const bucket = buckets.get(channel) ?? { tokens: limits.postBurst, at: now() };
    const earned = ((now() - bucket.at) / 1000) * limits.postsPerSecond;
    const tokens = Math.min(limits.postBurst, bucket.tokens + earned);
    if (tokens < 1) {
      buckets.set(channel, { tokens, at: now() });
      return Math.max(1, Math.ceil((1 - tokens) / limits.postsPerSecond));
    }
    buckets.set(channel, { tokens: tokens - 1, at: now() });
    return undefined;
  }

  function windowWait(method: string, perMinute: number): number | undefined {
    const recent = (windows.get(method) ?? []).filter((at) => at > now() - 60_000);
    windows.set(method, recent);
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= perMinute) {
      return Math.max(1, Math.ceil((oldest + 60_000 - now()) / 1000));
    }
    recent.push(now());
    return undefined;
  }

  return {
    secondsToWait(method, channel) {
      if (unlimited.includes(method)) return undefined;
      if (method === 'chat.postMessage') return postWait(channel ?? '');
      if (tier2.includes(method)) return windowWait(method, limits.tier2PerMinute);
      return windowWait(method, tier4.includes(method) ? limits.tier4PerMinute : limits.tier3PerMinute);
    },
  };
}
