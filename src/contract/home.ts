import type { EventOf } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { IncidentId, Instant } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { Silence } from '../domain/silence.ts';
import type { Standing } from '../domain/standing.ts';

/** One cluster as one person comes to see it: what is open, what waits for this person, how the models are, what holds. */
export type HomeFacts = {
  readonly cluster: string;
  readonly at: Instant;
  /** Newest first; those that are over are left out. */
  readonly incidents: readonly Incident[];
  /** Plans that this person may decide on and has not. */
  readonly waiting: readonly { readonly incident: IncidentId; readonly prompt: Prompt; readonly plan: Plan }[];
  /** The latest look at every node that counts; undefined: nobody has looked at all of them lately. */
  readonly look: (EventOf<'checked'> & { readonly at: Instant }) | undefined;
  readonly standing: Pick<Standing, 'locks' | 'readonly'>;
  /** Those that hold now, of people and of medic.yaml. */
  readonly silences: readonly Silence[];
  /** Newest first. */
  readonly receipts: readonly Receipt[];
};
