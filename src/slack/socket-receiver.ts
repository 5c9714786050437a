import type { App, Receiver, ReceiverEvent } from '@slack/bolt';
import { SocketModeClient } from '@slack/socket-mode';
import type { Logger } from '../contract/logger.ts';
import type { Clock } from './clock.ts';
import { slackLogger } from './web-slack.ts';

/** Receives Slack's payloads over several sockets. */
export type SocketReceiver = Receiver & { connected(): number };

const FIRST_RETRY_MS = 500;
const RETRY_MAX_MS = 30_000;
const OPEN_TIMEOUT_MS = 10_000;

/**
 * Socket Mode over `connections` sockets, so that the pause while Slack recycles one is bridged by the other. Reconnecting is done here:
 * the client's own way waits 5 to 12 s, gives up after some errors, and can end the process with an unhandled rejection.
 */
export function createSocketReceiver(options: {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly connections: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when a socket is open again after so long without any (ms). */
  readonly onGap?: ((ms: number) => void) | undefined;
}): SocketReceiver {
  const { appToken, apiUrl, connections, clock, logger, onGap } = options;
  const live = new Set<SocketModeClient>();
  const stopping = new AbortController();
  let app: App | undefined;
  let loops: Promise<void>[] = [];
  let goneSinceMs: number | undefined;

  /** One socket's life: connect, stay until it ends, connect again. */
  async function keep(onFirst: () => void): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; !stopping.signal.aborted; ) {
      const client = newClient();
      const ended = endOf(client);
      try {
        await client.start();
        live.add(client);
        if (goneSinceMs !== undefined) onGap?.(clock.now().getTime() - goneSinceMs);
        goneSinceMs = undefined;
        retryMs = FIRST_RETRY_MS;
        onFirst();
        await ended;
      } catch (error) {
        logger.warn({ error: String(error), retryMs }, 'slack socket did not open');
        await clock.wait(retryMs, stopping.signal);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
      } finally {
        // Before the first one opens nothing was interrupted.
        if (live.delete(client) && live.size === 0) goneSinceMs = clock.now().getTime();
      }
    }
  }

  function newClient(): SocketModeClient {
    const client = new SocketModeClient({
      appToken,
      autoReconnectEnabled: false,
      logger: slackLogger(logger),
      clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: OPEN_TIMEOUT_MS },
    });
    client.on('slack_event', (event: SlackEvent) => void receive(event));
    return client;
  }

  async function receive({ body, ack, retry_num, retry_reason }: SlackEvent): Promise<void> {
    let acked = false;
    const event: ReceiverEvent = {
      body,
      ack: async (response?: unknown) => {
        if (acked) return;
        acked = true;
        await ack(response);
      },
      ...(retry_num === undefined ? {} : { retryNum: retry_num }),
      ...(retry_reason === undefined ? {} : { retryReason: retry_reason }),
    };
    try {
      await app?.processEvent(event);
    } catch (error) {
      logger.error({ error: String(error) }, 'a payload of slack could not be handled');
    }
  }

  function endOf(client: SocketModeClient): Promise<void> {
    return new Promise((resolve) => {
      client.once('disconnected', () => resolve());
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  return {
    init(bolt) {
      app = bolt;
    },
    connected: () => live.size,
    /** Resolves when the first socket is open; goes on trying for ever. */
    start() {
      return new Promise<void>((resolve) => {
        loops = Array.from({ length: connections }, () => keep(resolve));
      });
    },
    async stop() {
      const open = [...live];
      stopping.abort();
      // Closing waits for the peer's answer, for up to 30 s when it is gone: that long nobody waits here.
      await Promise.race([Promise.all(open.map((client) => client.disconnect())), clock.wait(2_000)]);
      await Promise.all(loops);
    },
  };
}

type SlackEvent = {
  readonly body: ReceiverEvent['body'];
  readonly ack: (response?: unknown) => Promise<void>;
  readonly retry_num?: number;
  readonly retry_reason?: string;
};
