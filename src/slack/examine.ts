import type { Logger } from '../contract/logger.ts';
import type { SlackFacts } from '../domain/doctor-here.ts';
import type { Clock } from './clock.ts';
import { SlackFailure } from './slack-port.ts';
import { called, createWebClient } from './web-slack.ts';

const TIMEOUT_MS = 5_000;

/** What Slack says of the app: token, scopes, clock, and whether these channels are shown to it. Never throws for what Slack can do. */
export async function examineSlack(options: {
  readonly token: string;
  readonly apiUrl: string;
  readonly channels: readonly string[];
  readonly ready: () => { readonly ok: boolean; readonly detail: string };
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<SlackFacts> {
  const { token, apiUrl, channels, ready, clock, logger } = options;
  let date: string | undefined;
  const onAnswer = ({ headers }: { readonly headers: Headers }): void => {
    date ??= headers.get('date') ?? undefined;
  };
  const client = createWebClient({ token, apiUrl, timeoutMs: TIMEOUT_MS, logger, onAnswer });
  try {
    const { response_metadata: about } = await called(() => client.auth.test({}));
    const nowMs = clock.now().getTime();
    return {
      kind: 'told',
      scopes: about?.scopes,
      // The header has whole seconds.
      skewMs: date === undefined ? undefined : Math.round(Date.parse(date) + 500 - nowMs),
      ready: ready(),
      channels: await Promise.all(
        [...new Set(channels)].map(async (id) => ({
          id,
          code: await codeOf(() => client.conversations.history({ channel: id, limit: 1 })),
        })),
      ),
    };
  } catch (error) {
    if (!(error instanceof SlackFailure)) throw error;
    return error.kind === 'refused' ? { kind: 'refused', code: error.code } : { kind: 'silent', why: error.message };
  }
}

/** Slack's own name for why a call did not come off; null: it did. */
async function codeOf(call: () => Promise<unknown>): Promise<string | null> {
  try {
    await called(call);
    return null;
  } catch (error) {
    return error instanceof SlackFailure ? error.code : 'unexpected';
  }
}
