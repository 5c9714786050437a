import type { Block } from './blocks.ts';

/** Where and what to post. `key` goes into the message's metadata and finds it again. */
export type Outgoing = {
  readonly channel: string;
  readonly threadTs?: string;
  readonly broadcast?: boolean;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly mark: Mark;
};

/** Our own mark on a message: whose it is, which one, and of what content. */
export type Mark = { readonly incident: string; readonly key: string; readonly hash: string };

/** A message of ours as the channel's history tells it. */
export type Posted = { readonly ts: string; readonly mark?: Mark; readonly files: readonly string[] };

/** The few calls that telling needs. Each throws a SlackFailure when it does not come off. */
export type SlackPort = {
  post(message: Outgoing): Promise<{ readonly ts: string }>;
  update(message: Omit<Outgoing, 'threadTs' | 'broadcast'> & { readonly ts: string }): Promise<void>;
  /** Takes a message of ours away. */
  remove(message: { readonly channel: string; readonly ts: string }): Promise<void>;
  /** Sets or takes away a reaction of ours; done before is done. */
  react(to: {
    readonly channel: string;
    readonly ts: string;
    readonly name: string;
    readonly on: boolean;
  }): Promise<void>;
  upload(file: {
    readonly channel: string;
    /** Absent: into the channel itself. */
    readonly threadTs?: string;
    readonly name: string;
    readonly title: string;
    readonly content: string | Uint8Array;
    /** What a picture shows, for those who cannot see it. */
    readonly altText?: string;
  }): Promise<void>;
  /** Our messages since `sinceMs`: roots of a channel, or replies of a thread. */
  posted(where: {
    readonly channel: string;
    readonly threadTs?: string;
    readonly sinceMs: number;
  }): Promise<readonly Posted[]>;
};

/** `rate`: not done, wait; `refused`: not done and will not be; `unsure`: nobody knows whether it was done. */
export type FailureKind = 'rate' | 'refused' | 'unsure';

/** Why a call to Slack did not come off. */
export class SlackFailure extends Error {
  readonly kind: FailureKind;
  /** Slack's own name for it, as `channel_not_found`; `http_500`, `timeout` for what is not Slack's. */
  readonly code: string;
  /** Only with `rate`: how long Slack asks to wait. */
  readonly retryAfterMs: number;
  constructor(
    kind: FailureKind,
    code: string,
    options: { readonly retryAfterMs?: number; readonly detail?: string } = {},
  ) {
    super(options.detail === undefined ? code : `${code}: ${options.detail}`);
    this.name = 'SlackFailure';
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

const BLOCK_TROUBLE: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
]);

/** Whether Slack refused how a message is made, so that its words alone may be taken. */
export function isBlockTrouble(error: unknown): boolean {
  return error instanceof SlackFailure && error.kind === 'refused' && BLOCK_TROUBLE.has(error.code);
}
