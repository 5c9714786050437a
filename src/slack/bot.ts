import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import type { ApprovalDesk, Reply } from '../contract/command.ts';
import type { HomeFacts } from '../contract/home.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Logger } from '../contract/logger.ts';
import { noSpans, type Spans } from '../contract/spans.ts';
import type { SeenStore } from '../contract/told.ts';
import type { SlackFacts } from '../domain/doctor-here.ts';
import type { PersonId } from '../domain/names.ts';
import type { Right } from '../domain/policy.ts';
import { createClicks } from './clicks.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Examined, examineSlack } from './examine.ts';
import { createGate } from './gate.ts';
import { createGroups } from './groups.ts';
import { createHomeTab } from './home-tab.ts';
import { createLimiter, type Rates } from './limiter.ts';
import { listen } from './listen.ts';
import { createPeople } from './people.ts';
import { createPins } from './pins.ts';
import { createPoster, PATIENCE, type Patience } from './post-once.ts';
import { createReplies } from './replies.ts';
import { SlackFailure } from './slack-port.ts';
import { createSocketReceiver } from './socket-receiver.ts';
import { openTelling, type SlackCluster, type Telling } from './telling.ts';
import { toldIn } from './told-in.ts';
import { tracedSlack } from './traced-slack.ts';
import type { SlackCall } from './watched-fetch.ts';
import { called, createWebClient, createWebSlack, slackLogger } from './web-slack.ts';
import { createWishes, type Wish } from './wishes.ts';

/** What the Slack side needs from the rest of the bot; ledger and desk answer for all clusters. */
export type SlackBotOptions = {
  /** With `appToken`: Socket Mode; else `signingSecret`: HTTP through `handleHttp`. */
  readonly tokens: { readonly botToken: string; readonly appToken?: string; readonly signingSecret?: string };
  readonly apiUrl: string;
  readonly clusters: readonly SlackCluster[];
  /** Draws an SVG as PNG. */
  readonly draw: (svg: string) => Promise<Uint8Array>;
  readonly ledger: Pick<Ledger, 'append' | 'entries' | 'ofRequest' | 'ofReceipt'>;
  readonly run: (wish: Wish) => Promise<Reply>;
  /** What a person sees of each cluster in the Home tab. */
  readonly home: (who: PersonId) => Promise<readonly HomeFacts[]>;
  /** The right that the words need, from the registry of commands; `look` for what is no command. */
  readonly rightOf: (text: string) => Right;
  readonly desk: Pick<ApprovalDesk, 'approve' | 'reject'>;
  /** User groups that the policies name. */
  readonly groups?: readonly PersonId[];
  readonly seen: SeenStore;
  /** Told of every call of the Web API. */
  readonly onCall?: (call: SlackCall) => void;
  /** Told when a socket is open again after so long without any (ms). */
  readonly onGap?: (ms: number) => void;
  /** Tells posts and edits, each after the work that it tells of; absent: nobody is told. */
  readonly spans?: Spans;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Sockets kept open; default 2. */
  readonly connections?: number;
  readonly rates?: Rates;
  readonly debounceMs?: number;
  readonly patience?: Patience;
};

/** The bot as its root sees it. */
export type SlackBot = {
  /** Resolves when Slack knows us and payloads arrive; goes on trying while Slack does not answer, throws when it refuses the token. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Tells incidents of a cluster and reads its watched channels, until it is closed. Of all bots only one may do so at a time. */
  telling(cluster: SlackCluster): Telling;
  ready(): { readonly ok: boolean; readonly detail: string };
  /** Sockets that are open; none where Slack sends HTTP. */
  sockets(): number;
  /** What Slack says of the app, of these channels and of these user groups. */
  examine(asked: Examined): Promise<SlackFacts>;
  /** Who is in those user groups, as far as Slack has told lately. */
  members(): ReadonlyMap<PersonId, readonly PersonId[]>;
  /** Answers `POST /slack/events` when Slack speaks HTTP; false: the request is not for Slack. */
  handleHttp(request: IncomingMessage, response: ServerResponse): boolean;
};

type Self = { readonly botId: string; readonly botUserId: string; readonly teams: readonly string[] };

const TELL_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 5_000;
const AUTH_RETRY_MS = 2_000;
const EVENTS_PATH = '/slack/events';

/** Wires listening, answering, deciding and telling into one bot; it reaches Slack, the ledger and the desk, and no node. */
export function createSlackBot(options: SlackBotOptions): SlackBot {
  const { tokens, apiUrl, ledger, desk, clusters, logger, clock = systemClock, patience = PATIENCE } = options;
  const stopping = new AbortController();
  let self: Self | undefined;
  let mirroring: Promise<void> | undefined;

  const access = { token: tokens.botToken, apiUrl, logger, onCall: options.onCall };
  const client = createWebClient({ ...access, timeoutMs: TELL_TIMEOUT_MS });
  const answering = createWebClient({ ...access, timeoutMs: ANSWER_TIMEOUT_MS });
  const slack = tracedSlack(createWebSlack(client), options.spans ?? noSpans);
  const limiter = createLimiter({ clock, ...(options.rates === undefined ? {} : { rates: options.rates }) });
  const told = toldIn(clusters);
  const open = new Set<Telling>();
  const people = createPeople({ client: answering, clock, teams: () => self?.teams ?? [] });
  const groups = createGroups({ client: answering, groups: options.groups ?? [], clock, logger });
  const gate = createGate({ people, seen: options.seen, logger });
  const replies = createReplies({ client: answering, told, clock, logger });
  const poster = createPoster({ slack, limiter, clock, logger, signal: stopping.signal, patience });
  const wishes = createWishes({
    run: options.run,
    rightOf: options.rightOf,
    gate,
    replies,
    poster,
    told,
    clock,
    logger,
  });
  const pins = createPins({ client: answering, told, ledger, gate, replies, logger });
  const homeTab = createHomeTab({ home: options.home, gate, replies, logger });
  const clicks = createClicks({ desk, ledger, wishes, gate, replies, logger });

  const sockets =
    tokens.appToken === undefined
      ? undefined
      : createSocketReceiver({
          appToken: tokens.appToken,
          apiUrl,
          connections: options.connections ?? 2,
          onGap: options.onGap,
          clock,
          logger,
        });
  const http = sockets === undefined ? httpReceiver(tokens.signingSecret, logger) : undefined;
  const receiver = sockets ?? http;
  if (receiver === undefined) throw new Error('Slack needs an app token (Socket Mode) or a signing secret (HTTP)');
  const app = new App({
    receiver,
    logger: slackLogger(logger),
    // Asked for each payload: no call to Slack may stand between a payload and its ack.
    authorize: () =>
      Promise.resolve({
        botToken: tokens.botToken,
        ...(self === undefined ? {} : { botId: self.botId, botUserId: self.botUserId }),
      }),
    clientOptions: {
      slackApiUrl: apiUrl,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: ANSWER_TIMEOUT_MS,
    },
  });
  const listening = listen(app, { wishes, clicks, homeTab, pins, logger });

  /** Asks Slack who we are until it answers; a token that is refused is for a person to mend. */
  async function introduce(): Promise<void> {
    while (self === undefined && !stopping.signal.aborted) {
      try {
        const {
          team_id: team,
          enterprise_id: enterprise,
          bot_id: botId = '',
          user_id: botUserId = '',
        } = await called(() => client.auth.test({}));
        self = {
          botId,
          botUserId,
          teams: [team, enterprise].flatMap((id) => (id === undefined || id === '' ? [] : id)),
        };
      } catch (error) {
        if (error instanceof SlackFailure && error.kind === 'refused')
          throw new Error(`Slack refused the bot token: ${error.code}`);
        logger.warn({ error: String(error) }, 'slack does not answer yet');
        await clock.wait(AUTH_RETRY_MS, stopping.signal);
      }
    }
  }

  function ready(): ReturnType<SlackBot['ready']> {
    if (self === undefined) return { ok: false, detail: 'Slack has not told yet who we are' };
    if (sockets === undefined) return { ok: true, detail: 'Slack sends HTTP requests' };
    const open = sockets.connected();
    return { ok: open > 0, detail: `${open} of ${options.connections ?? 2} sockets to Slack open` };
  }

  return {
    async start() {
      await introduce();
      if (!stopping.signal.aborted) await sockets?.start();
      mirroring = groups.follow(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await sockets?.stop();
      await Promise.all([listening.idle(), mirroring, ...[...open].map((telling) => telling.close())]);
    },
    telling(cluster) {
      const telling = openTelling(cluster, {
        ...options,
        client,
        slack,
        limiter,
        clock,
        patience,
        botId: () => self?.botId,
        onClosed: () => void open.delete(telling),
      });
      open.add(telling);
      return telling;
    },
    members: () => groups.members(),
    ready,
    sockets: () => sockets?.connected() ?? 0,
    examine: (asked) => examineSlack({ token: tokens.botToken, apiUrl, ...asked, ready, clock, logger }),
    handleHttp(request, response) {
      const [path] = (request.url ?? '').split('?');
      if (http === undefined || request.method !== 'POST' || path !== EVENTS_PATH) return false;
      http.requestListener(request, response);
      return true;
    },
  };
}

function httpReceiver(signingSecret: string | undefined, logger: Logger): HTTPReceiver | undefined {
  if (signingSecret === undefined) return undefined;
  return new HTTPReceiver({ signingSecret, endpoints: [EVENTS_PATH], logger: slackLogger(logger) });
}
