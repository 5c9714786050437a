import type { Clock } from './clock.ts';

/** What we allow ourselves; a little less than Slack grants. */
export type Rates = {
  /** chat.postMessage for each channel: so many at once, then so many a second. */
  readonly postBurst: number;
  readonly postsPerSecond: number;
  /** chat.update for the whole app. */
  readonly editsPerMinute: number;
  /** Of those, kept free for prompts. */
  readonly editsReserved: number;
};

/** Slack grants 1 post a second and channel with a small burst, and 50 edits a minute. */
export const defaultRates: Rates = { postBurst: 3, postsPerSecond: 0.95, editsPerMinute: 40, editsReserved: 10 };

/** Turns for calls to Slack. A promise that is aborted resolves too: who waits has to look at the signal. */
export type Limiter = {
  post(channel: string, signal: AbortSignal): Promise<void>;
  edit(urgent: boolean, signal: AbortSignal): Promise<void>;
  /** Slack asked this channel's posts to wait; other channels go on. */
  pausePosts(channel: string, ms: number): void;
  /** Slack asked edits to wait; they are counted for the whole app. */
  pauseEdits(ms: number): void;
};

const MINUTE_MS = 60_000;

/** A limiter with its own memory; nothing is shared with other processes. */
export function createLimiter({
  clock,
  rates = defaultRates,
}: {
  readonly clock: Clock;
  readonly rates?: Rates;
}): Limiter {
  const buckets = new Map<string, { tokens: number; atMs: number; pausedUntilMs: number }>();
  let edits: number[] = [];
  let editsPausedUntilMs = 0;
  let urgentWaiting = 0;
  const nowMs = (): number => clock.now().getTime();

  function bucketOf(channel: string) {
    const bucket = buckets.get(channel) ?? { tokens: rates.postBurst, atMs: nowMs(), pausedUntilMs: 0 };
    buckets.set(channel, bucket);
    return bucket;
  }

  /** Milliseconds until a post may go; 0 takes the turn. */
  function postWait(channel: string): number {
    const bucket = bucketOf(channel);
    const now = nowMs();
    bucket.tokens = Math.min(rates.postBurst, bucket.tokens + ((now - bucket.atMs) / 1_000) * rates.postsPerSecond);
    bucket.atMs = now;
    if (now < bucket.pausedUntilMs) return bucket.pausedUntilMs - now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil(((1 - bucket.tokens) / rates.postsPerSecond) * 1_000));
    bucket.tokens -= 1;
    return 0;
  }

  function editWait(urgent: boolean): number {
    const now = nowMs();
    if (now < editsPausedUntilMs) return editsPausedUntilMs - now;
    edits = edits.filter((at) => at > now - MINUTE_MS);
    const allowed = urgent ? rates.editsPerMinute : rates.editsPerMinute - rates.editsReserved - urgentWaiting;
    if (edits.length < allowed) {
      edits.push(now);
      return 0;
    }
    const freed = edits[edits.length - allowed] ?? edits[0] ?? now;
    return Math.max(1, freed + MINUTE_MS - now);
  }

  async function turn(wait: () => number, signal: AbortSignal): Promise<void> {
    for (let ms = wait(); ms > 0 && !signal.aborted; ms = wait()) await clock.wait(Math.min(ms, MINUTE_MS), signal);
  }

  return {
    post: (channel, signal) => turn(() => postWait(channel), signal),
    async edit(urgent, signal) {
      urgentWaiting += urgent ? 1 : 0;
      await turn(() => editWait(urgent), signal);
      urgentWaiting -= urgent ? 1 : 0;
    },
    pausePosts(channel, ms) {
      const bucket = bucketOf(channel);
      bucket.pausedUntilMs = Math.max(bucket.pausedUntilMs, nowMs() + ms);
      bucket.tokens = Math.min(bucket.tokens, 1);
    },
    pauseEdits(ms) {
      editsPausedUntilMs = Math.max(editsPausedUntilMs, nowMs() + ms);
    },
  };
}
