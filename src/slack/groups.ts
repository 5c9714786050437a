import type { WebClient } from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import type { PersonId } from '../domain/names.ts';
import type { Clock } from './clock.ts';
import { called } from './web-slack.ts';

/** Who is in the user groups that the policy names. Only read: Slack is where they are kept. */
export type Groups = {
  /** By the group's id; a group that Slack has not told of lately is absent, so its members have nothing by it. */
  members(): ReadonlyMap<PersonId, readonly PersonId[]>;
  /** Asks Slack again and again, until aborted. */
  follow(signal: AbortSignal): Promise<void>;
};

const ASK_EVERY_MS = 60_000;
/** Beyond this what was told is no longer believed: somebody may have left the group meanwhile. */
const BELIEVE_MS = 15 * 60_000;

/** Mirrors these groups (`T0TEAM/S0ONCALL`). */
export function createGroups(options: {
  readonly client: WebClient;
  readonly groups: readonly PersonId[];
  readonly clock: Clock;
  readonly logger: Logger;
}): Groups {
  const { client, groups, clock, logger } = options;
  const told = new Map<PersonId, { readonly people: readonly PersonId[]; readonly atMs: number }>();

  async function ask(group: PersonId): Promise<void> {
    const [team = '', usergroup = ''] = group.split('/');
    try {
      const { users = [] } = await called(() => client.usergroups.users.list({ usergroup }));
      told.set(group, { people: users.map((user) => `${team}/${user}`), atMs: clock.now().getTime() });
    } catch (error) {
      logger.warn({ group, error: String(error) }, 'Slack does not tell who is in a user group');
    }
  }

  return {
    members() {
      const since = clock.now().getTime() - BELIEVE_MS;
      return new Map(
        [...told].flatMap(([group, { people, atMs }]) => (atMs < since ? [] : [[group, people] as const])),
      );
    },
    async follow(signal) {
      while (groups.length > 0 && !signal.aborted) {
        for (const group of groups) await ask(group);
        await clock.wait(ASK_EVERY_MS, signal);
      }
    },
  };
}
