import { alice, bob, type Installation, incidentChannel } from './installation.ts';
import { type Names, plainLines } from './plain-text.ts';
import { objectsOf, stringAt } from './slack/json.ts';
import type { Message } from './slack/workspace.ts';

/** What the tour reads from: messages as people see them, nothing behind them. */
export type Scene = { readonly installation: Installation };

/** How long the first message has to stay the same to be believed when not all is well: a last look may be under way. */
const QUIET_MS = 6_000;
/** What the people of the demo are called. */
export const names: Names = (id) =>
  [alice, bob].find((person) => person.id === id)?.realName ?? (id === 'U0MEDIC' ? 'medic' : id);

/** The first messages of the channel's threads, oldest first. */
export function roots({ installation }: Scene): Message[] {
  return installation.slack.messages(incidentChannel.id).filter(({ threadTs }) => threadTs === undefined);
}

/** A message as it is now, wherever it stands; undefined when there is none. */
export function find({ slack }: Installation, ts: string): Message | undefined {
  const inChannel = slack.messages(incidentChannel.id);
  return [...inChannel, ...inChannel.flatMap((root) => slack.thread(incidentChannel.id, root.ts))].find(
    (message) => message.ts === ts,
  );
}

/** A thread's first message as it is now. */
export function rootNow({ installation }: Scene, ts: string): Message | undefined {
  return find(installation, ts);
}

function inThread({ installation }: Scene, ts: string): Message[] {
  return installation.slack.thread(incidentChannel.id, ts).filter((message) => message.ts !== ts);
}

/** The waiting prompts, once there are as many as the first message says. */
export function allPrompts(stage: Scene, ts: string): Message[] | undefined {
  const [, many] = /awaiting approval of (\d+ plans|plan)/.exec(textOf(rootNow(stage, ts))) ?? [];
  if (many === undefined) return undefined;
  const waiting = inThread(stage, ts).filter((message) => target(message, 'approve') !== undefined);
  return waiting.length === (many === 'plan' ? 1 : Number.parseInt(many, 10)) ? waiting : undefined;
}

/** Prompts that came after the first ones were counted, none once everything has run and is told; undefined: not yet. */
export function moreOrDone(
  stage: Scene,
  ts: string,
  { handled, plans }: { readonly handled: ReadonlySet<string>; readonly plans: number },
): Message[] | undefined {
  const late = inThread(stage, ts).filter((one) => target(one, 'approve') !== undefined && !handled.has(one.ts));
  if (late.length > 0) return late;
  return ended(stage, ts) >= plans && isSettled(stage, ts) ? [] : undefined;
}

/** What a prompt calls its plan. */
export function planOf(prompt: Message): string {
  return /^Plan [0-9a-f]+/.exec(headline(prompt))?.[0] ?? 'This plan';
}

/** May whoever asked approve this prompt alone? */
export function needsNobodyElse(prompt: Message): boolean {
  return textOf(prompt).includes('no approval by others needed');
}

/** Has nobody asked for the plan of this prompt? */
export function isNobodys(prompt: Message): boolean {
  return textOf(prompt).includes('nobody has asked for it');
}

/** Does this prompt count one yes of those it needs? */
export function hasOneYes(prompt: Message | undefined): boolean {
  return / · 1 of \d/.test(textOf(prompt));
}

/** How many repairs of a thread ended with every node verified. */
export function receipts(stage: Scene, ts: string): number {
  return inThread(stage, ts).filter((message) => headline(message).startsWith('✅ Done')).length;
}

/** Receipts of any outcome, so that a failed repair is told as such and not as a missing receipt. */
function ended(stage: Scene, ts: string): number {
  return inThread(stage, ts).filter((message) => /^(✅|⚠️|❌)/u.test(headline(message))).length;
}

/** Does the first message say that all is well, or has it said for a while that nothing runs and nothing waits? */
function isSettled(stage: Scene, ts: string): boolean {
  const root = rootNow(stage, ts);
  if (isVerdict(stage, root)) return true;
  const busy = /awaiting approval|repairing|about to run|looking again|planning/.test(textOf(root));
  return !busy && Date.now() - Number(root?.editedTs ?? 0) * 1_000 > QUIET_MS;
}

/** How many messages only this person sees. */
export function whispers({ installation }: Scene, person: string): number {
  return installation.slack.as(person).ephemerals(incidentChannel.id).length;
}

/** The nodes that were planted as not answering. */
export function silentNodes({ installation }: Scene): string[] {
  return installation.planted.filter(({ code }) => code === 'refused').map(({ node }) => node);
}

/** What a first message has to say in the end. */
export function verdict(stage: Scene): string {
  const silent = silentNodes(stage);
  const answering = stage.installation.fleet.nodes.length - silent.length;
  return `right on ${answering} of ${answering} nodes that answer, ${silent.length} ${silent.length === 1 ? 'node is' : 'nodes are'} unknown`;
}

/** Does this first message say just that, and name the silent nodes with their reason? */
export function isVerdict(stage: Scene, message: Message | undefined): boolean {
  if (message === undefined || !headline(message).includes(verdict(stage))) return false;
  const unknown = plainLines(message, names).filter((line) => line.includes(': unknown ('));
  return (
    unknown.join() ===
    silentNodes(stage)
      .map((node) => `${node}: unknown (connection refused)`)
      .join()
  );
}

/** A message's first line. */
export function headline(message: Message | undefined): string {
  return message === undefined ? 'no message' : (plainLines(message, names)[0] ?? '');
}

function textOf(message: Message | undefined): string {
  return message === undefined ? '' : plainLines(message, names).join('\n');
}

/** Where a message has this button; undefined when it has none. */
export function target(
  message: Message | undefined,
  action: string,
): { readonly action_id: string; readonly block_id: string } | undefined {
  for (const block of message?.blocks ?? []) {
    if (objectsOf(block['elements']).some((element) => stringAt(element, 'action_id') === action)) {
      return { action_id: action, block_id: stringAt(block, 'block_id') ?? '' };
    }
  }
  return undefined;
}
