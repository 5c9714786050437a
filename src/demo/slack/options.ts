import type { Logger } from 'pino';

/** A person of the local workspace; a guest is what Slack calls a restricted user. */
export type PersonOptions = {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly title?: string;
  readonly guest?: boolean;
};

/** The one app that is installed in the local workspace. */
export type AppOptions = {
  readonly id: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly name: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** What the workspace has granted it; absent: all that its manifest asks for. */
  readonly scopes?: readonly string[];
  /** The slash command with its slash, as `/models`. */
  readonly command: string;
  /** Set: payloads are POSTed here, signed, instead of going through sockets. */
  readonly requestUrl?: string;
};

/** What Slack grants: rates, deadlines and sizes. The defaults are Slack's own. */
export type Limits = {
  /** chat.postMessage for each channel: this many at once ... */
  readonly postBurst: number;
  /** ... and then this many a second. */
  readonly postsPerSecond: number;
  /** Calls of one method a minute, by Slack's tiers. */
  readonly tier2PerMinute: number;
  readonly tier3PerMinute: number;
  readonly tier4PerMinute: number;
  readonly ackMs: number;
  readonly triggerMs: number;
  readonly responseUrlMs: number;
  readonly responseUrlUses: number;
  /** How long after a missed ack an event is sent again, one entry a retry. */
  readonly eventRetriesMs: readonly number[];
  /** Sum of the characters over all blocks of a message. */
  readonly messageBlockCharacters: number;
};

/** One suggestion for what is being typed. `insert` replaces the whole text. */
export type Completion = { readonly insert: string; readonly label: string; readonly detail: string };

/** Everything the local Slack is started with. */
export type LocalSlackOptions = {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly team: { readonly id: string; readonly name: string };
  readonly people: readonly PersonOptions[];
  readonly channels: readonly { readonly id: string; readonly name: string; readonly topic?: string }[];
  readonly userGroups?: readonly {
    readonly id: string;
    readonly handle: string;
    readonly name: string;
    readonly users: readonly string[];
    readonly disabled?: boolean;
  }[];
  readonly app: AppOptions;
  readonly limits?: Partial<Limits>;
  /** Suggestions for the message box of the page. */
  readonly completions?: (text: string, userId: string) => Promise<readonly Completion[]>;
  /** A few sentences the page shows on the first visit; plain text, one paragraph an entry. */
  readonly hints?: readonly string[];
  readonly logger?: Logger;
  /** Milliseconds since 1970; the clock of the machine when absent. */
  readonly clock?: () => number;
};

/** Slack's published limits. */
export const slackLimits: Limits = {
  postBurst: 4,
  postsPerSecond: 1,
  tier2PerMinute: 20,
  tier3PerMinute: 50,
  tier4PerMinute: 100,
  ackMs: 3_000,
  triggerMs: 3_000,
  responseUrlMs: 30 * 60_000,
  responseUrlUses: 5,
  eventRetriesMs: [0, 60_000, 300_000],
  messageBlockCharacters: 12_000,
};
