import { createServer, type Server } from 'node:http';
import type { CallFaults } from './call-faults.ts';
import { type Carrier, createDelivery } from './delivery.ts';
import { objectsOf } from './json.ts';
import type { LocalSlackOptions } from './options.ts';
import { eventPayload, messageEvents } from './payloads.ts';
import { createPerson, type Person } from './person.ts';
import { createRequestHandler } from './request-handler.ts';
import { createSignedRequests } from './signed-requests.ts';
import { createSlackState, type SlackState, type Violation } from './slack-state.ts';
import { createSocketHub } from './socket-hub.ts';
import type { Change, Draft, Message } from './workspace.ts';

/** A running local Slack with doors for tests, the tour and the page. */
export type LocalSlack = {
  /** The page for people, with a slash at the end. */
  readonly url: string;
  /** What SLACK_API_URL is set to. */
  readonly apiUrl: string;
  /** Everything the app did that Slack refuses, in order. */
  readonly violations: readonly Violation[];
  /** Faults of Slack itself, planted for the next calls. */
  readonly faults: CallFaults;
  /** The doors of one person; throws for an id that nobody has. */
  as(userId: string): Person;
  /** A message of another app in a channel, as alerts come. */
  postAsOther(channel: string, from: { name: string; botId: string }, draft: Draft): Message;
  /** The root messages of a channel that everyone sees (and broadcast replies), oldest first. */
  messages(channel: string): readonly Message[];
  /** A thread with its root, oldest first. */
  thread(channel: string, ts: string): readonly Message[];
  /** Calls back at every change until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void;
  /** How many sockets take payloads now; 0 in HTTP mode. */
  connections(): number;
  /** Asks the oldest `count` sockets (default all) to reconnect, as Slack does. */
  recycleConnections(count?: number): void;
  /** Cuts every socket without a word. */
  cutConnections(): void;
  close(): Promise<void>;
};

/** Starts a workspace that speaks Slack's protocol on this machine; nothing of it leaves the machine. */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const state = createSlackState(options);
  const { workspace } = state;
  const hub = createSocketHub({
    appId: options.app.id,
    limits: state.limits,
    now: state.now,
    onLateAck: ({ type, afterMs, envelopeId }) =>
      state.violate({
        kind: 'late_ack',
        method: type,
        error: 'operation_timeout',
        detail: `${envelopeId} ${afterMs}ms`,
      }),
  });
  const delivery = createDelivery({ carrier: watched(state, carrierOf(state, hub)), limits: state.limits });
  const stopEvents = workspace.onChange((change) => {
    const { kind, message } = change;
    if (message === undefined || message.visibleTo !== undefined) return;
    if (kind !== 'post' && kind !== 'edit' && kind !== 'delete') return;
    for (const event of messageEvents(state, message, kind)) delivery.event(eventPayload(state, event));
  });
  const people = new Map(options.people.map((person) => [person.id, createPerson(state, delivery, person)]));
  const server = createServer(createRequestHandler({ state, people, ticketPath: hub.ticketPath }));
  server.on('upgrade', hub.upgrade);
  state.setBaseUrl(await listen(server, options));

  return {
    url: `${state.baseUrl()}/`,
    apiUrl: `${state.baseUrl()}/api/`,
    violations: state.violations,
    faults: state.callFaults,
    as(userId) {
      const person = people.get(userId);
      if (person === undefined) throw new Error(`nobody in the local Slack has the id ${userId}`);
      return person;
    },
    postAsOther: (channel, from, draft) =>
      workspace.add(channel, {
        subtype: 'bot_message',
        ...draft,
        blocks: objectsOf(draft.blocks),
        botId: from.botId,
        username: from.name,
      }),
    messages: (channel) =>
      workspace.inChannel(channel).filter((message) => message.threadTs === undefined || message.broadcast === true),
    thread: workspace.thread,
    onChange: (listener) => workspace.onChange(listener),
    connections: () => hub.connections(),
    recycleConnections: (count) => hub.recycle(count),
    cutConnections: () => hub.cut(),
    async close() {
      stopEvents();
      delivery.close();
      await hub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function carrierOf(state: SlackState, hub: Carrier): Carrier {
  const { requestUrl, signingSecret } = state.options.app;
  if (requestUrl === undefined) return hub;
  return createSignedRequests({ requestUrl, signingSecret, limits: state.limits, now: state.now });
}

function watched(state: SlackState, carrier: Carrier): Carrier {
  return {
    async send(envelope) {
      const acked = await carrier.send(envelope);
      if (acked.outcome === 'operation_timeout') {
        state.violate({ kind: 'no_ack', method: envelope.type, error: acked.outcome, detail: envelope.id });
      }
      return acked;
    },
  };
}

async function listen(server: Server, where: { readonly host: string; readonly port: number }): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where.port, where.host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the local Slack has no TCP address');
  return `http://${where.host}:${address.port}`;
}
