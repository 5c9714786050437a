import type { Task } from './tasks.ts';

const EVERY_MS = 60_000;
const TIMEOUT_MS = 5_000;

/** Tells a watchman outside, once a minute, that a bot leads this cluster: where none does, nobody asks and the watchman speaks up. */
export function heartbeatTask(options: {
  readonly url: string;
  readonly count: (result: 'ok' | 'failed') => void;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}): Task {
  const { url, count, everyMs = EVERY_MS, timeoutMs = TIMEOUT_MS } = options;
  return {
    name: 'heartbeat',
    everyMs,
    async run() {
      const status = await statusOf(url, timeoutMs);
      count(status === 'ok' ? 'ok' : 'failed');
      // The address may be a secret: it is in no log.
      if (status !== 'ok') throw new Error(`the heartbeat was not taken: ${status}`);
    },
  };
}

/** A redirect is not followed: where it leads nobody has configured. */
async function statusOf(url: string, timeoutMs: number): Promise<string> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    await answer.body?.cancel();
    return answer.ok ? 'ok' : `HTTP ${answer.status}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : 'no answer';
  }
}
