import type { WebClient } from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import type { GroupFacts, SlackFacts } from '../domain/doctor-here.ts';
import type { PersonId } from '../domain/names.ts';
import type { Clock } from './clock.ts';
import { SlackFailure } from './slack-port.ts';
import { called, createWebClient } from './web-slack.ts';

const TIMEOUT_MS = 5_000;

/** What is asked about, beside the app itself. */
export type Examined = { readonly channels: readonly string[]; readonly groups: readonly PersonId[] };

/** What Slack says of the app: token, scopes, clock, whether these channels are shown to it, and who is in these user groups. Never throws for what Slack can do. */
export async function examineSlack(
  options: Examined & {
    readonly token: string;
    readonly apiUrl: string;
    readonly ready: () => { readonly ok: boolean; readonly detail: string };
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Promise<SlackFacts> {
  const { token, apiUrl, channels, groups, ready, clock, logger } = options;
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
      groups: groups.length === 0 ? [] : await groupsNow(client, groups),
    };
  } catch (error) {
    if (!(error instanceof SlackFailure)) throw error;
    return error.kind === 'refused' ? { kind: 'refused', code: error.code } : { kind: 'silent', why: error.message };
  }
}

/** One call tells of all of them; one that is disabled is told too. */
async function groupsNow(client: WebClient, wanted: readonly PersonId[]): Promise<readonly GroupFacts[]> {
  try {
    const asked = { include_disabled: true, include_users: true };
    const { usergroups = [] } = await called(() => client.usergroups.list(asked));
    return wanted.map((id) => {
      const group = usergroups.find((one) => id.endsWith(`/${one.id ?? ''}`));
      return group === undefined
        ? { id, code: 'no_such_subteam' }
        : { id, members: group.users?.length ?? 0, disabled: (group.date_delete ?? 0) > 0 };
    });
  } catch (error) {
    const code = error instanceof SlackFailure ? error.code : 'unexpected';
    return wanted.map((id) => ({ id, code }));
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
