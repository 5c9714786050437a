import { setTimeout as pause } from 'node:timers/promises';
import { alice, bob, type Installation, incidentChannel } from './installation.ts';
import { type Names, plainLines } from './plain-text.ts';
import { objectsOf, stringAt } from './slack/json.ts';
import type { Message } from './slack/workspace.ts';
import { tellChannel } from './tell-channel.ts';

/** Where the scene stands; told to `onStep` when it gets there. */
export type TourStep = 'opened' | 'planned' | 'approving' | 'repaired' | 'checking';

/** How long the whole scene may take, and a place for tests to interfere. */
export type TourOptions = {
  readonly deadlineMs?: number;
  /** Pause after each of the narrator's lines, so that it can be read. */
  readonly paceMs?: number;
  readonly onStep?: (step: TourStep) => Promise<void>;
};

const DEADLINE_MS = 120_000;
const POLL_MS = 50;
const ROUNDS_MAX = 3;
const names: Names = (id) =>
  [alice, bob].find((person) => person.id === id)?.realName ?? (id === 'U0MEDIC' ? 'medic' : id);

/** Plays the scene through people's doors only and prints the channel as it happens; true when every node that answers verifies clean and the silent one is told as unknown. */
export async function runTour(
  installation: Installation,
  print: (line: string) => void,
  options: TourOptions = {},
): Promise<boolean> {
  const { deadlineMs = DEADLINE_MS, paceMs = 0, onStep = async () => undefined } = options;
  const stopTelling = tellChannel({ slack: installation.slack, names, now: Date.now, print });
  const remark = (text: string): void => print(`\n── ${text}`);
  const narrate = async (text: string): Promise<void> => {
    remark(text);
    await pause(paceMs);
  };
  const stage: Stage = { installation, onStep, endMs: Date.now() + deadlineMs, narrate, remark };
  try {
    await play(stage);
    return true;
  } catch (error) {
    print(`\n✗ The tour failed: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    stopTelling();
  }
}

type Stage = {
  readonly installation: Installation;
  readonly onStep: (step: TourStep) => Promise<void>;
  readonly endMs: number;
  /** Says a line of the narrator and leaves time to read it. */
  readonly narrate: (text: string) => Promise<void>;
  /** The same while people press quickly. */
  readonly remark: (text: string) => void;
};

async function play(stage: Stage): Promise<void> {
  const { installation, narrate, onStep } = stage;
  const startedMs = Date.now();
  await narrate('The cluster’s router sends an alert. Nobody has typed anything yet.');
  await installation.alert();
  const root = await waitFor(stage, 'a thread that opens by itself', () => roots(stage)[0]);
  await onStep('opened');
  const plans = await repair(stage, root.ts);
  await onStep('repaired');
  await waitFor(stage, `${plans} receipts in the thread, all done`, () =>
    receipts(stage, root.ts) >= plans ? true : undefined,
  );
  await waitFor(stage, `the first message to say: ${verdict(stage)}`, () =>
    isVerdict(stage, rootNow(stage, root.ts)) ? true : undefined,
  );
  await narrate('The first message is green. Alice does not take its word and has every node looked at afresh.');
  await onStep('checking');
  const known = new Set(roots(stage).map(({ ts }) => ts));
  await must(
    installation.slack.as(alice.id).command(incidentChannel.id, '/models check --fresh'),
    'typing /models check --fresh',
  );
  await waitFor(stage, `a fresh check that says: ${verdict(stage)}`, () =>
    roots(stage).find((message) => !known.has(message.ts) && isVerdict(stage, message)),
  );
  const broken = installation.slack.violations;
  if (broken.length > 0) throw new Error(`the bot did what Slack refuses: ${JSON.stringify(broken.slice(0, 3))}`);
  await narrate(
    `Every node that answers is clean, ${silentNodes(stage).join(', ')} is told as unknown. ${plans} plans, ${Math.round((Date.now() - startedMs) / 1_000)} s.`,
  );
}

/** Plans and approves until nothing is left to plan; resolves with the number of plans that ran. */
async function repair(stage: Stage, ts: string): Promise<number> {
  let plans = 0;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    await waitFor(stage, 'the button “Plan the repair”', () => target(rootNow(stage, ts), 'fix'));
    await stage.narrate(
      round === 1
        ? 'Alice is on call. She presses “Plan the repair”: nothing is changed by that.'
        : 'Something is left. Alice has it planned again.',
    );
    await press(stage, alice.id, ts, 'fix');
    const asked = await waitFor(stage, 'as many prompts as the first message counts', () => allPrompts(stage, ts));
    await stage.onStep('planned');
    plans += asked.length;
    await approveAll(stage, asked, plans);
    await waitFor(stage, `${plans} receipts in the thread`, () => (ended(stage, ts) >= plans ? true : undefined));
    const root = await waitFor(stage, 'the first message to say how things stand after the repairs', () =>
      settled(stage, ts),
    );
    if (target(root, 'fix') === undefined) return plans;
  }
  throw new Error(`after ${ROUNDS_MAX} rounds of repairs something is still wrong: ${headline(rootNow(stage, ts))}`);
}

/** Alice approves what she may alone and learns kindly what she may not; Bob approves that. */
async function approveAll(stage: Stage, prompts: readonly Message[], plans: number): Promise<void> {
  const own = prompts.filter(needsNobodyElse);
  const others = prompts.filter((prompt) => !needsNobodyElse(prompt));
  await stage.onStep('approving');
  const [first] = others;
  if (first !== undefined) {
    await stage.narrate(`${planOf(first)} needs somebody else’s yes. Alice tries it anyway.`);
    const before = whispers(stage, alice.id);
    await press(stage, alice.id, first.ts, 'approve');
    await waitFor(stage, 'a refusal that only Alice sees', () =>
      whispers(stage, alice.id) > before ? true : undefined,
    );
  }
  for (const prompt of own) {
    await stage.narrate(
      `${planOf(prompt)} can be taken back and touches few nodes: Alice may approve it alone, and does.`,
    );
    await press(stage, alice.id, prompt.ts, 'approve');
  }
  for (const prompt of others) {
    stage.remark(`Bob reads ${planOf(prompt)} and approves it.`);
    await press(stage, bob.id, prompt.ts, 'approve');
  }
  await stage.narrate(
    `All ${plans} plans are approved. The worker runs them, each node verified by the check that found the fault.`,
  );
}

/** Presses a button as a person; the page asks for confirmation where the button has a dialog, and so does a person here. */
async function press({ installation }: Stage, person: string, ts: string, action: string): Promise<void> {
  const message = find(installation, ts);
  const found = target(message, action);
  if (found === undefined) throw new Error(`the button “${action}” was not there any more`);
  await must(installation.slack.as(person).click(incidentChannel.id, ts, found), `pressing “${action}”`);
}

async function must(outcome: Promise<{ readonly ok: boolean; readonly error?: string }>, what: string): Promise<void> {
  const { ok, error } = await outcome;
  if (!ok) throw new Error(`${what} failed: ${error ?? 'no reason given'}`);
}

/** Looks until there is something; after the scene's deadline it fails with what it waited for. */
async function waitFor<T>({ endMs }: Stage, what: string, look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() >= endMs) throw new Error(`waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}

function roots({ installation }: Stage): Message[] {
  return installation.slack.messages(incidentChannel.id).filter(({ threadTs }) => threadTs === undefined);
}

function find({ slack }: Installation, ts: string): Message | undefined {
  const inChannel = slack.messages(incidentChannel.id);
  return [...inChannel, ...inChannel.flatMap((root) => slack.thread(incidentChannel.id, root.ts))].find(
    (message) => message.ts === ts,
  );
}

function rootNow({ installation }: Stage, ts: string): Message | undefined {
  return find(installation, ts);
}

function inThread({ installation }: Stage, ts: string): Message[] {
  return installation.slack.thread(incidentChannel.id, ts).filter((message) => message.ts !== ts);
}

/** The waiting prompts, once there are as many as the first message says. */
function allPrompts(stage: Stage, ts: string): Message[] | undefined {
  const [, many] = /awaiting approval of (\d+ plans|plan)/.exec(textOf(rootNow(stage, ts))) ?? [];
  if (many === undefined) return undefined;
  const waiting = inThread(stage, ts).filter((message) => target(message, 'approve') !== undefined);
  return waiting.length === (many === 'plan' ? 1 : Number.parseInt(many, 10)) ? waiting : undefined;
}

function planOf(prompt: Message): string {
  return /^Plan [0-9a-f]+/.exec(headline(prompt))?.[0] ?? 'This plan';
}

function needsNobodyElse(prompt: Message): boolean {
  return textOf(prompt).includes('no approval by others needed');
}

function receipts(stage: Stage, ts: string): number {
  return inThread(stage, ts).filter((message) => headline(message).startsWith('✅ Done')).length;
}

/** Receipts of any outcome, so that a failed repair is told as such and not as a missing receipt. */
function ended(stage: Stage, ts: string): number {
  return inThread(stage, ts).filter((message) => /^(✅|⚠️|❌)/u.test(headline(message))).length;
}

/** The first message once it says that nothing runs and nothing waits. */
function settled(stage: Stage, ts: string): Message | undefined {
  const root = rootNow(stage, ts);
  const busy = /awaiting approval|repairing|about to run|looking again|planning/.test(textOf(root));
  return busy ? undefined : root;
}

function whispers({ installation }: Stage, person: string): number {
  return installation.slack.as(person).ephemerals(incidentChannel.id).length;
}

function silentNodes({ installation }: Stage): string[] {
  return installation.planted.filter(({ code }) => code === 'refused').map(({ node }) => node);
}

/** What a first message has to say in the end. */
function verdict(stage: Stage): string {
  const silent = silentNodes(stage);
  const answering = stage.installation.fleet.nodes.length - silent.length;
  return `right on ${answering} of ${answering} nodes that answer, ${silent.length} ${silent.length === 1 ? 'node is' : 'nodes are'} unknown`;
}

function isVerdict(stage: Stage, message: Message | undefined): boolean {
  if (message === undefined || !headline(message).includes(verdict(stage))) return false;
  const unknown = plainLines(message, names).filter((line) => line.includes(': unknown ('));
  return (
    unknown.join() ===
    silentNodes(stage)
      .map((node) => `${node}: unknown (connection refused)`)
      .join()
  );
}

function headline(message: Message | undefined): string {
  return message === undefined ? 'no message' : (plainLines(message, names)[0] ?? '');
}

function textOf(message: Message | undefined): string {
  return message === undefined ? '' : plainLines(message, names).join('\n');
}

function target(
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
