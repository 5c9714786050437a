import type { Delivery } from './delivery.ts';
import { type JsonObject, stringAt } from './json.ts';
import type { PersonOptions } from './options.ts';
import type { Outcome, Target } from './outcome.ts';
import { actionOf, commandPayload, eventPayload, messageActionPayload } from './payloads.ts';
import { createPersonViews, type PersonViews } from './person-views.ts';
import { notice, postResponse } from './responses.ts';
import type { SlackState } from './slack-state.ts';
import { elementsOf, type FormValues, optionOf, stateValues } from './view-payloads.ts';
import type { Message } from './workspace.ts';

/** What a person can do in the client. Every promise settles when the app has acknowledged, or 3 s later. */
export type Person = PersonViews & {
  /** Sends a slash command as typed, with its slash; in a thread Slack refuses it. */
  command(channel: string, text: string, threadTs?: string): Promise<Outcome>;
  /** Writes a message; `@name` of a person or of the app becomes a mention. */
  say(channel: string, text: string, threadTs?: string): Message;
  /** Presses a button of a message, and confirms it where it asks. */
  click(channel: string, ts: string, target: Target): Promise<Outcome>;
  /** Chooses an option by its value: select, overflow, radio buttons; several for checkboxes. */
  choose(channel: string, ts: string, target: Target, value: string | readonly string[]): Promise<Outcome>;
  /** Sets a reaction under a message, and the app is told. */
  react(channel: string, ts: string, name: string): void;
  /** What only this person sees in a channel, oldest first. */
  ephemerals(channel: string): readonly Message[];
  /** Their direct conversation with the app, oldest first. */
  direct(): readonly Message[];
};

/** The doors of one person. */
export function createPerson(state: SlackState, delivery: Delivery, person: PersonOptions): Person {
  const { workspace } = state;
  const actor = { userId: person.id, userName: person.name };
  const selections = new Map<string, FormValues>();

  async function command(channelId: string, typed: string, threadTs?: string): Promise<Outcome> {
    const channel = workspace.channels.get(channelId);
    if (channel === undefined) return refused('channel_not_found');
    const [word, text] = splitCommand(typed);
    const here = { channel: channelId, userId: person.id, ...(threadTs === undefined ? {} : { threadTs }) };
    if (word !== state.options.app.command) {
      notice(state, here, `\`${word}\` is not a command of this workspace. Try \`${state.options.app.command} help\`.`);
      return refused('unknown_command');
    }
    if (threadTs !== undefined) {
      const hint = `Mention @${state.options.app.name} here instead.`;
      notice(state, here, `\`${word}\` is not supported in threads. Sorry! ${hint}`);
      return refused('not_supported_in_threads');
    }
    const acked = await delivery.send('slash_commands', commandPayload(state, actor, { channel, command: word, text }));
    if (acked.outcome !== 'acked') {
      notice(state, here, `${word} failed with the error “${acked.outcome}”`);
      return refused(acked.outcome);
    }
    if (stringAt(acked.body, 'text') === undefined && acked.body['blocks'] === undefined) return { ok: true };
    const posted = postResponse(state, { channel: channelId, userId: person.id }, acked.body);
    if (posted.error === undefined) return { ok: true };
    state.violate({ kind: 'refused_response', method: 'ack', error: posted.error, detail: word });
    notice(state, here, `${word} failed with the error “${posted.error}”`);
    return refused(posted.error);
  }

  async function act(channel: string, ts: string, target: Target, value: string | readonly string[]): Promise<Outcome> {
    const message = workspace.find(channel, ts);
    if (message === undefined) return refused('message_not_found');
    if (message.visibleTo !== undefined && message.visibleTo !== person.id) return refused('message_not_found');
    const found = findElement(message.blocks, target);
    const here = { channel, userId: person.id, ...(message.threadTs ? { threadTs: message.threadTs } : {}) };
    if (found === undefined || !isChoice(found.element, value)) return refused('message_changed');
    const key = `${channel}:${ts}`;
    const chosen = withSelection(selections.get(key) ?? {}, found, value);
    selections.set(key, chosen);
    const payload = messageActionPayload(state, actor, {
      message,
      action: actionOf(state, { ...found, value }),
      values: stateValues(message.blocks, chosen),
    });
    const acked = await delivery.send('interactive', payload);
    if (acked.outcome === 'acked') return { ok: true };
    notice(state, here, `${state.options.app.name} did not answer: the click failed with the error “${acked.outcome}”`);
    return refused(acked.outcome);
  }

  return {
    command,
    say: (channel, text, threadTs) =>
      workspace.add(channel, {
        user: person.id,
        text: withMentions(state, text),
        ...(threadTs === undefined ? {} : { threadTs }),
      }),
    click: (channel, ts, target) => act(channel, ts, target, ''),
    choose: act,
    react(channel, ts, name) {
      const message = workspace.find(channel, ts);
      if (message === undefined) return;
      workspace.react(message, withReactionOf(message, name, person.id));
      const item = { type: 'message', channel, ts };
      const event = { type: 'reaction_added', user: person.id, reaction: name, item, event_ts: workspace.nextTs() };
      delivery.event(eventPayload(state, event));
    },
    ephemerals: (channel) => workspace.onlyFor(channel, person.id),
    direct: () => workspace.inChannel(workspace.directWith(person.id).id),
    ...createPersonViews(state, delivery, actor),
  };
}

function withReactionOf(message: Message, name: string, userId: string): Message['reactions'] {
  const users = message.reactions.find((reaction) => reaction.name === name)?.users ?? [];
  const others = message.reactions.filter((reaction) => reaction.name !== name);
  return users.includes(userId) ? message.reactions : [...others, { name, users: [...users, userId] }];
}

/** The block and the element a target names; undefined when they are not there (any more). */
export function findElement(
  blocks: readonly JsonObject[],
  target: Target,
): { readonly block: JsonObject; readonly element: JsonObject } | undefined {
  for (const block of blocks) {
    if (target.block_id !== undefined && block['block_id'] !== target.block_id) continue;
    const element = elementsOf(block).find((candidate) => candidate['action_id'] === target.action_id);
    if (element !== undefined) return { block, element };
  }
  return undefined;
}

/** A refusal with the error the client shows. */
export function refused(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}

function isChoice(element: JsonObject, value: string | readonly string[]): boolean {
  if (element['type'] === 'button') return true;
  return [value].flat().every((one) => optionOf(element, one) !== undefined);
}

function withSelection(
  values: FormValues,
  found: { readonly block: JsonObject; readonly element: JsonObject },
  value: string | readonly string[],
): FormValues {
  const blockId = stringAt(found.block, 'block_id') ?? '';
  const actionId = stringAt(found.element, 'action_id') ?? '';
  return { ...values, [blockId]: { ...values[blockId], [actionId]: value } };
}

function splitCommand(typed: string): readonly [string, string] {
  const trimmed = typed.trimStart();
  const end = trimmed.search(/\s/);
  return end === -1 ? [trimmed, ''] : [trimmed.slice(0, end), trimmed.slice(end + 1).trimEnd()];
}

function withMentions(state: SlackState, text: string): string {
  const { app, people } = state.options;
  const ids = new Map([...people.map((p) => [p.name, p.id] as const), [app.name, app.botUserId] as const]);
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(/@([\w.-]+)/g, (whole, name: string) => {
    const id = ids.get(name) ?? ids.get(name.toLowerCase());
    return id === undefined ? whole : `<@${id}>`;
  });
}
