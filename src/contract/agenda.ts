import type { IncidentId } from '../domain/names.ts';
import type { UnaskedLook } from './dispatch.ts';

/** What is to be looked at again and which looks wait for their turn; durable, so that a restart neither loses nor repeats any of it. */
export type Agenda = {
  /** This incident is due at `atMs` (epoch milliseconds); an earlier wish is replaced. */
  plan(incident: IncidentId, atMs: number): Promise<void>;
  due(nowMs: number): Promise<readonly IncidentId[]>;
  drop(incident: IncidentId): Promise<void>;
  /** Takes one of the `max` turns that this minute (minutes since the epoch) has; false: there is none left. */
  takeTurn(minute: number, max: number): Promise<boolean>;
  /** Keeps a look until there is a turn for it; a later one of the same incident, with plans or without like this one, takes its place in the row. False: one waited already. */
  queue(job: UnaskedLook): Promise<boolean>;
  /** The looks that wait, the one that waits longest first. */
  queued(): Promise<readonly UnaskedLook[]>;
  unqueue(job: UnaskedLook): Promise<void>;
};

/** One place in the row for each incident, and one for its plans. */
export function placeInRow(job: UnaskedLook): string {
  return 'by' in job ? `plan ${job.incident}` : job.incident;
}
