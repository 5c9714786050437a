import type { Logger } from '../contract/logger.ts';
import type { SeenStore } from '../contract/told.ts';
import type { PersonId } from '../domain/names.ts';
import type { Actor, People } from './people.ts';

/** Whether something a person did is to be acted on: by whom, or not and with which words (none: it was a repetition). */
export type Passage =
  | { readonly ok: true; readonly who: PersonId }
  | { readonly ok: false; readonly why: string | undefined; readonly who?: PersonId };

/** What passes through the gate: `key` names this one delivery, `changes` whether it may change anything. */
export type Arrival = { readonly actor: Actor; readonly key: string; readonly changes: boolean };

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** Every command and every click comes through here: who is it, was it here before, may such a person change things at all. */
export function createGate(options: {
  readonly people: People;
  readonly seen: SeenStore;
  readonly logger: Logger;
}): (arrival: Arrival) => Promise<Passage> {
  const { people, seen, logger } = options;
  return async ({ actor, key, changes }) => {
    const who = people.idOf(actor);
    if (who === undefined)
      return { ok: false, why: 'Slack did not say who you are, so nothing was run. Try again from this workspace.' };
    try {
      if (!(await seen.firstTime(key, changes ? DAY_S : HOUR_S))) return { ok: false, why: undefined, who };
    } catch (error) {
      logger.error({ error: String(error) }, 'deliveries cannot be told apart');
      if (changes)
        return {
          ok: false,
          who,
          why: 'Nothing was run: this could not be written down just now. Try again in a minute.',
        };
    }
    if (!changes) return { ok: true, who };
    const standing = await people.standing(actor);
    return standing.ok
      ? { ok: true, who }
      : {
          ok: false,
          who,
          why: `You can't do this: ${standing.why}. Nothing was run. An operator of this workspace can.`,
        };
  };
}
