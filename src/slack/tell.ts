import type { Logger } from '../contract/logger.ts';
import type { Told, ToldStore } from '../contract/told.ts';
import type { Incident } from '../domain/incident.ts';
import type { IncidentId } from '../domain/names.ts';
import type { Clock } from './clock.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { type Action, actionFor, fileKey, hashOf, type Progress, REACTION } from './next-action.ts';
import { createPoster, PATIENCE, type Patience } from './post-once.ts';
import { createReactor } from './react.ts';
import { sendable } from './sendable.ts';
import { isBlockTrouble, type Outgoing, SlackFailure, type SlackPort } from './slack-port.ts';
import type { StoryFile, StoryMessage } from './story-message.ts';

/** Makes threads in Slack equal to their stories. */
export type Teller = {
  /** Tells this state of an incident; when it is told while an earlier one is still on its way, only the latest counts. */
  tell(incident: Incident): void;
  /** Resolves when everything that was given has been told (or was refused by Slack). */
  idle(): Promise<void>;
  /** Lets the call under way end and stops; what was not told is told after the next start. */
  close(): Promise<void>;
};

export type TellerOptions = {
  readonly slack: SlackPort;
  readonly told: ToldStore;
  readonly storyOf: (incident: Incident) => readonly StoryMessage[];
  /** Where an incident is told; undefined: nowhere. */
  readonly channelOf: (incident: Incident) => string | undefined;
  /** Draws an SVG as PNG. */
  readonly draw: (svg: string) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limiter?: Limiter;
  /** Least time between two edits of one message that may wait, in ms. */
  readonly debounceMs?: number;
  readonly patience?: Patience;
};

type Memory = Progress & { readonly id: IncidentId; told: Readonly<Record<string, Told>> };

const RETRY_MAX_MS = 30_000;

/** A teller over one Slack workspace. Each incident is told by a loop of its own, one call at a time, root first. */
export function createTeller(options: TellerOptions): Teller {
  const {
    slack,
    told: store,
    storyOf,
    channelOf,
    draw,
    clock,
    logger,
    debounceMs = 4_000,
    patience = PATIENCE,
  } = options;
  const { retryMs } = patience;
  const limiter = options.limiter ?? createLimiter({ clock });
  const closing = new AbortController();
  const poster = createPoster({ slack, limiter, clock, logger, signal: closing.signal, patience });
  const react = createReactor({ slack, clock, logger, signal: closing.signal, debounceMs, patience });
  const latest = new Map<IncidentId, Incident>();
  const running = new Map<IncidentId, Promise<void>>();
  const nudges = new Map<IncidentId, AbortController>();
  // Outlives a run: a run ends whenever all is told, and without it progress would spend the budget of edits.
  const editedAtMs = new Map<IncidentId, Map<string, number>>();

  async function run(id: IncidentId): Promise<void> {
    const memory: Memory = { id, told: {}, editedAtMs: editedAtMs.get(id) ?? new Map(), refused: new Map() };
    editedAtMs.set(id, memory.editedAtMs);
    for (let waitMs = retryMs; !closing.signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        memory.told = await store.get(id);
        for (
          let action = nextAction(memory);
          action !== undefined && !closing.signal.aborted;
          action = nextAction(memory)
        ) {
          await perform(action, memory);
          waitMs = retryMs;
        }
        break;
      } catch (error) {
        if (closing.signal.aborted) break;
        logger.error({ incident: id, error: String(error) }, 'telling was interrupted and goes on');
        await clock.wait(waitMs, closing.signal);
      }
    }
    // In the same breath as the last look for something to do, so that nothing told from here on is missed.
    running.delete(id);
    latest.delete(id);
  }

  function nextAction(memory: Memory): Action | undefined {
    const incident = latest.get(memory.id);
    if (incident === undefined || (memory.told['root']?.channel ?? channelOf(incident)) === undefined) return undefined;
    return actionFor(storyOf(incident), memory, { nowMs: clock.now().getTime(), debounceMs });
  }

  async function perform(action: Action, memory: Memory): Promise<void> {
    if (action.kind === 'wait') return rest(memory.id, action.ms);
    if (action.kind === 'react') return react(memory, action.name, (told) => record(memory, REACTION, told));
    const message = current(memory.id, action.key);
    if (message === undefined) return;
    try {
      if (action.kind === 'post') await post(memory, message);
      else if (action.kind === 'edit') await edit(memory, action);
      else await upload(memory, action.file);
    } catch (error) {
      if (!(error instanceof SlackFailure) || error.kind !== 'refused') throw error;
      logger.error(
        { incident: memory.id, key: action.key, code: error.code, detail: error.message },
        'slack refused a message',
      );
      if (action.kind === 'file') memory.refused.set(fileKey(action.file), action.file.name);
      else memory.refused.set(action.key, hashOf(current(memory.id, action.key) ?? message));
    }
  }

  /** The wish for a message is written down first: a crash after it leads to a look into the channel, not to a second message. */
  async function post(memory: Memory, message: StoryMessage): Promise<void> {
    const { id } = memory;
    const { key } = message;
    const incident = latest.get(id);
    const channel = memory.told['root']?.channel ?? (incident === undefined ? undefined : channelOf(incident));
    if (channel === undefined) return;
    const before = memory.told[key];
    const sinceMs = before?.sinceMs ?? clock.now().getTime();
    await record(memory, key, { state: 'posting', channel, ts: '', hash: '', sinceMs });
    const outgoing = (plainly: boolean) => (): Outgoing =>
      outgoingOf(memory, current(id, key) ?? message, { channel, plainly });
    const earlier = { sinceMs, unsure: before?.state === 'posting' };
    const posted = await poster.post(outgoing(false), earlier).catch((error: unknown) => {
      if (!isBlockTrouble(error)) throw error;
      logger.error({ incident: id, key, detail: String(error) }, 'slack refused our blocks: the words go without them');
      return poster.post(outgoing(true), earlier);
    });
    await record(memory, key, { state: 'told', channel, ts: posted.ts, hash: posted.hash, sinceMs });
  }

  async function edit(
    memory: Memory,
    { key, urgent }: { readonly key: string; readonly urgent: boolean },
  ): Promise<void> {
    await limiter.edit(urgent, closing.signal);
    const message = current(memory.id, key);
    const told = memory.told[key];
    if (closing.signal.aborted || message === undefined || told === undefined || told.hash === hashOf(message)) return;
    const change = async (plainly: boolean): Promise<void> => {
      const { text, blocks, mark } = outgoingOf(memory, message, { channel: told.channel, plainly });
      await poster.edit({ channel: told.channel, ts: told.ts, text, blocks, mark });
    };
    try {
      await change(false).catch((error: unknown) => {
        if (!isBlockTrouble(error)) throw error;
        logger.error(
          { incident: memory.id, key, detail: String(error) },
          'slack refused our blocks: the words go without them',
        );
        return change(true);
      });
    } catch (error) {
      if (!(error instanceof SlackFailure) || error.kind === 'refused') throw error;
      // An edit may be repeated without harm; the loop comes back to it with the latest words.
      if (error.kind === 'rate') limiter.pauseEdits(error.retryAfterMs);
      logger.warn({ incident: memory.id, key, code: error.code }, 'an edit did not come off');
      return rest(memory.id, error.kind === 'rate' ? 0 : retryMs);
    }
    memory.editedAtMs.set(key, clock.now().getTime());
    await record(memory, key, { ...told, hash: hashOf(message) });
  }

  async function upload(memory: Memory, file: StoryFile): Promise<void> {
    const root = memory.told['root'];
    if (root === undefined) return;
    const key = fileKey(file);
    const before = memory.told[key];
    const sinceMs = before?.sinceMs ?? clock.now().getTime();
    const told: Told = { state: 'posting', channel: root.channel, ts: '', hash: file.name, sinceMs };
    await record(memory, key, told);
    const ts = await poster.upload(
      { channel: root.channel, threadTs: root.ts, ...(await sendable(file, draw)) },
      { sinceMs, unsure: before?.state === 'posting' },
    );
    await record(memory, key, { ...told, state: 'told', ts });
  }

  function outgoingOf(
    memory: Memory,
    message: StoryMessage,
    { channel, plainly }: { channel: string; plainly: boolean },
  ): Outgoing {
    const root = memory.told['root'];
    return {
      channel,
      ...(message.place === 'thread' && root !== undefined ? { threadTs: root.ts, broadcast: message.broadcast } : {}),
      text: message.text,
      blocks: plainly ? [] : message.blocks,
      mark: { incident: memory.id, key: message.key, hash: hashOf(message) },
    };
  }

  function current(id: IncidentId, key: string): StoryMessage | undefined {
    const incident = latest.get(id);
    return incident === undefined ? undefined : storyOf(incident).find((message) => message.key === key);
  }

  async function record(memory: Memory, key: string, told: Told): Promise<void> {
    await store.set(memory.id, key, told);
    memory.told = { ...memory.told, [key]: told };
  }

  /** Waits, but not longer than until something new is to be told. */
  async function rest(id: IncidentId, ms: number): Promise<void> {
    const nudge = new AbortController();
    nudges.set(id, nudge);
    await clock.wait(ms, AbortSignal.any([closing.signal, nudge.signal]));
    nudges.delete(id);
  }

  return {
    tell(incident) {
      if (closing.signal.aborted) return;
      latest.set(incident.id, incident);
      if (running.has(incident.id)) nudges.get(incident.id)?.abort();
      else running.set(incident.id, run(incident.id));
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },
    async close() {
      closing.abort();
      await Promise.all(running.values());
    },
  };
}
