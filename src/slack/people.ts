import type { WebClient } from '@slack/web-api';
import { PersonId } from '../domain/names.ts';
import type { Clock } from './clock.ts';
import { called } from './web-slack.ts';

/** Who did something, as Slack's payload says; any part may be missing. */
export type Actor = { readonly team: string | undefined; readonly user: string | undefined };

/** A person, or why they may not change anything here. */
export type Standing = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Tells members of this workspace from everybody else. */
export type People = {
  /** The person's id for policies and the ledger; undefined when the payload does not say who it was. */
  idOf(actor: Actor): PersonId | undefined;
  /** Whether they may change things at all: a full member of this workspace, no guest, no bot. What they may change is the policy's matter. */
  standing(actor: Actor): Promise<Standing>;
};

const REMEMBER_MS = 5 * 60_000;

/** Asks Slack about each person and remembers it for five minutes; when Slack does not tell, nobody may change anything. */
export function createPeople(options: {
  readonly client: WebClient;
  readonly clock: Clock;
  readonly teams: () => readonly string[];
}): People {
  const { client, clock, teams } = options;
  const known = new Map<string, { readonly standing: Standing; readonly untilMs: number }>();

  async function ask(user: string): Promise<Standing> {
    try {
      const { user: about } = await called(() => client.users.info({ user }));
      if (about === undefined) return refused('Slack does not know you');
      if (about.is_bot === true) return refused('you are a bot');
      if (about.deleted === true) return refused('your account is deactivated');
      if (about.is_restricted === true || about.is_ultra_restricted === true)
        return refused('you are a guest in this workspace');
      if (about.is_stranger === true || (about.team_id !== undefined && !teams().includes(about.team_id)))
        return refused('you belong to another workspace');
      return { ok: true };
    } catch {
      return refused('Slack does not tell who you are right now; try again in a minute');
    }
  }

  return {
    idOf({ team, user }) {
      const id = PersonId.safeParse(`${team ?? ''}/${user ?? ''}`);
      return id.success ? id.data : undefined;
    },
    async standing({ team, user }) {
      if (team === undefined || user === undefined) return refused('Slack did not say who you are');
      if (!teams().includes(team)) return refused('you belong to another workspace');
      const now = clock.now().getTime();
      const remembered = known.get(user);
      if (remembered !== undefined && remembered.untilMs > now) return remembered.standing;
      const standing = await ask(user);
      // A "not now" is not remembered.
      if (standing.ok || !standing.why.includes('right now')) known.set(user, { standing, untilMs: now + REMEMBER_MS });
      return standing;
    },
  };
}

function refused(why: string): Standing {
  return { ok: false, why };
}
