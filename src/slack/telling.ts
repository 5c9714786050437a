import type { WebClient } from '@slack/web-api';
import type { ToldStore } from '../contract/told.ts';
import type { Incident } from '../domain/incident.ts';
import type { Policy } from '../domain/policy.ts';
import type { Limiter } from './limiter.ts';
import { createNotices } from './notices.ts';
import { createNudges } from './nudges.ts';
import { createPoster, type Patience } from './post-once.ts';
import { storyOf } from './story.ts';
import type { Notice } from './story-standing.ts';
import { createTeller, type TellerOptions } from './tell.ts';
import { type ChannelWatch, watchChannels } from './watch-channels.ts';
import { mention } from './wording.ts';

/** What Slack has to know of one cluster. */
export type SlackCluster = {
  readonly name: string;
  /** There are others: the first line of every thread names the cluster. */
  readonly several?: boolean;
  /** Where incidents without a place of their own are told. */
  readonly incidentChannel: string;
  readonly policy: () => Policy;
  readonly told: ToldStore;
  /** How long a prompt may stand without a decision before those who may decide are written to, in ms; 0 or absent: never. */
  readonly nudgeAfterMs?: number;
  /** Channels whose alerts are read. */
  readonly watch?: ChannelWatch;
};

/** What one bot, the leader, says about one cluster. */
export type Telling = {
  /** Makes the thread equal to this state of the incident, soon. */
  tell(incident: Incident): void;
  /** Writes to those who may approve what waits in this incident, when it was left alone. */
  remind(incident: Incident): Promise<void>;
  /** Makes these messages of the incident channel, which belong to no incident, equal to what they say. */
  announce(notices: readonly Notice[]): Promise<void>;
  /** Resolves when all that was given to `tell` is in Slack. */
  idle(): Promise<void>;
  /** Lets the call under way end. */
  close(): Promise<void>;
};

/** Begins to tell one cluster's incidents and to read its watched channels. */
export function openTelling(
  { name, several = false, incidentChannel, policy, told, watch, nudgeAfterMs = 0 }: SlackCluster,
  options: Omit<TellerOptions, 'told' | 'storyOf' | 'channelOf' | 'limiter' | 'patience'> & {
    readonly limiter: Limiter;
    readonly patience: Patience;
    readonly client: WebClient;
    readonly botId: () => string | undefined;
    readonly onClosed: () => void;
  },
): Telling {
  const { client, slack, limiter, patience, botId, clock, logger, onClosed } = options;
  const look = { names: mention, cluster: name, several };
  const teller = createTeller({
    ...options,
    told,
    storyOf: (incident) => storyOf(incident, { ...look, policy: policy() }),
    channelOf: (incident) => channelOf(incident, incidentChannel),
  });
  const ending = new AbortController();
  const { signal } = ending;
  const watching = watch === undefined ? undefined : watchChannels({ client, watch, botId, clock, logger, signal });
  const poster = createPoster({ slack, limiter, clock, logger, signal, patience });
  const nudges = createNudges({ client, told, poster, policy, clock, logger, afterMs: nudgeAfterMs });
  const notices = createNotices({ poster, limiter, told, channel: incidentChannel, clock, logger, signal });
  return {
    remind: (incident) => nudges.remind(incident),
    announce: (all) => notices.tell(all),
    tell: (incident) => teller.tell(incident),
    idle: () => teller.idle(),
    async close() {
      ending.abort();
      await Promise.all([teller.close(), watching]);
      onClosed();
    },
  };
}

/** A look in a shell is told there; in Slack only when it becomes a matter for others: an incident of an alert, or a prompt that waits for approvers. */
function channelOf(incident: Incident, incidentChannel: string): string | undefined {
  if (incident.untold) return undefined;
  if (incident.place !== undefined) return incident.place.channel;
  return incident.alert !== undefined || incident.prompts.length > 0 ? incidentChannel : undefined;
}
