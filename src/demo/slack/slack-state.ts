import { createCallFaults } from './call-faults.ts';
import { type LocalSlackOptions, slackLimits } from './options.ts';
import { createRateLimits } from './rate-limits.ts';
import { createTickets } from './tickets.ts';
import { createViewStacks } from './view-stacks.ts';
import { createWorkspace } from './workspace.ts';

/** Something the app did that Slack refuses. */
export type Violation = {
  readonly kind: 'refused_call' | 'late_ack' | 'no_ack' | 'refused_response';
  /** The Web API method, or the type of the payload that was not acknowledged. */
  readonly method: string;
  readonly error: string;
  readonly detail: string;
  readonly at: Date;
};

/** A file on its way from getUploadURLExternal to a message. */
export type StoredFile = {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  readonly secret: string;
  readonly bytes?: Buffer;
  readonly title?: string;
};

/** Everything the parts of one local Slack share. */
export type SlackState = ReturnType<typeof createSlackState>;

/** The state of a fresh workspace; `baseUrl` is known once the server listens. */
export function createSlackState(options: LocalSlackOptions) {
  const now = options.clock ?? Date.now;
  const limits = { ...slackLimits, ...options.limits };
  const violations: Violation[] = [];
  let baseUrl = '';
  const workspace = createWorkspace(options, now);
  return {
    options,
    limits,
    now,
    workspace,
    tickets: createTickets({ limits, now }),
    rates: createRateLimits({ limits, now }),
    views: createViewStacks(),
    files: new Map<string, StoredFile>(),
    callFaults: createCallFaults(),
    violations,
    /** The server's address with its port, without a slash at the end. */
    baseUrl: () => baseUrl,
    setBaseUrl(url: string): void {
      baseUrl = url;
    },
    violate(violation: Omit<Violation, 'at'>): void {
      violations.push({ ...violation, at: new Date(now()) });
      options.logger?.warn({ ...violation }, 'local Slack refused');
    },
  };
}
