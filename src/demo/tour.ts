import { setTimeout as pause } from 'node:timers/promises';
import { alice, bob, type Installation, incidentChannel } from './installation.ts';
import type { Message } from './slack/workspace.ts';
import { tellChannel } from './tell-channel.ts';
import {
  allPrompts,
  find,
  hasOneYes,
  headline,
  isNobodys,
  isVerdict,
  moreOrDone,
  names,
  needsNobodyElse,
  planOf,
  receipts,
  rootNow,
  roots,
  silentNodes,
  target,
  verdict,
  whispers,
} from './tour-view.ts';

/** Where the scene stands; told to `onStep` when it gets there. */
export type TourStep = 'opened' | 'planned' | 'approving' | 'repaired' | 'checking';

/** How long it waits for any one thing, and a place for tests to interfere. */
export type TourOptions = {
  readonly waitMs?: number;
  /** Pause after each of the narrator's lines, so that it can be read. */
  readonly paceMs?: number;
  readonly onStep?: (step: TourStep) => Promise<void>;
};

const WAIT_MS = 120_000;
const POLL_MS = 50;
const ROUNDS_MAX = 3;

/** Plays the scene through people's doors only and prints the channel as it happens; true when every node that answers verifies clean and the silent one is told as unknown. */
export async function runTour(
  installation: Installation,
  print: (line: string) => void,
  options: TourOptions = {},
): Promise<boolean> {
  const { waitMs = WAIT_MS, paceMs = 0, onStep = async () => undefined } = options;
  const stopTelling = tellChannel({ slack: installation.slack, names, now: Date.now, print });
  const remark = (text: string): void => print(`\n── ${text}`);
  const narrate = async (text: string): Promise<void> => {
    remark(text);
    await pause(paceMs);
  };
  const stage: Stage = { installation, onStep, waitMs, narrate, remark };
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
  readonly waitMs: number;
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
    if (round === 1)
      await stage.narrate(
        'medic looks, and puts what can be done beside what it found: plans, of which nothing runs yet.',
      );
    else {
      await waitFor(stage, 'the button “Plan the repair”', () => target(rootNow(stage, ts), 'fix'));
      await stage.narrate('Something is left. Alice has it planned again.');
      await press(stage, alice.id, ts, 'fix');
    }
    const handled = new Set<string>();
    let asked = await waitFor(stage, 'as many prompts as the first message counts', () => allPrompts(stage, ts));
    await stage.onStep('planned');
    while (asked.length > 0) {
      plans += asked.length;
      await approveAll(stage, asked, plans);
      for (const prompt of asked) handled.add(prompt.ts);
      asked = await waitFor(stage, `${plans} receipts and a first message that says how things stand`, () =>
        moreOrDone(stage, ts, { handled, plans }),
      );
    }
    const root = rootNow(stage, ts);
    if (target(root, 'fix') === undefined) return plans;
  }
  throw new Error(`after ${ROUNDS_MAX} rounds of repairs something is still wrong: ${headline(rootNow(stage, ts))}`);
}

/** Alice approves what she may alone and stands for the rest as the one who asks; she learns kindly that this is not enough, and Bob approves it. */
async function approveAll(stage: Stage, prompts: readonly Message[], plans: number): Promise<void> {
  const own = prompts.filter(needsNobodyElse);
  const others = prompts.filter((prompt) => !needsNobodyElse(prompt));
  await stage.onStep('approving');
  const [first] = others;
  for (const prompt of others.filter(isNobodys)) {
    stage.remark(`Nobody has asked for ${planOf(prompt)}. Alice, who is on call, says yes to it.`);
    await press(stage, alice.id, prompt.ts, 'approve');
    await waitFor(stage, `the prompt of ${planOf(prompt)} to count her yes`, () =>
      hasOneYes(find(stage.installation, prompt.ts)) ? true : undefined,
    );
  }
  if (first !== undefined) {
    await stage.narrate(`${planOf(first)} needs somebody else’s yes. Alice tries it alone.`);
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

/** Looks until there is something; after the longest wait for one thing it fails with what it waited for. */
async function waitFor<T>({ waitMs }: Stage, what: string, look: () => T | undefined): Promise<T> {
  const endMs = Date.now() + waitMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() >= endMs) throw new Error(`waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}
