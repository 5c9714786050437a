import type { LookContext } from '../contract/job.ts';
import type { SpanFacts } from '../contract/spans.ts';
import { digestOf, type Sha256, shortDigest } from '../domain/digest.ts';
import type { EntryState } from '../domain/entry-state.ts';
import { Fault } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';
import { stateWords } from '../domain/outside.ts';
import { isOnNode, type Step, type Target } from '../domain/plan.ts';
import type { TargetResult } from '../domain/receipt.ts';
import { whyStopped } from './cancels.ts';
import type { Hands, StepResult } from './hands.ts';
import { type Cure, cureOf } from './judge.ts';
import { type Execution, type Kit, named } from './kit.ts';
import { contextFor } from './look.ts';
import { planTarget } from './make-plan.ts';
import { dropNodeLease, takeNodeLease } from './node-lease.ts';
import { runStep, undoStep } from './run-step.ts';
import { UNVERIFIED } from './stop-after-failures.ts';
import { keyLines, linesOf, rememberedDigests } from './target-lines.ts';
import { noteChange } from './within-caps.ts';

/** How long a change may hold a node's models (ms). */
const LEASE_MS = 30 * 60_000;

/** Longest detail of a result. */
const DETAIL_MAX = 500;

/** Changes one node: lease, the plan compared with the node as it is now, steps, verification; undone when anything fails. */
export async function executeTarget(kit: Kit, execution: Execution, target: Target): Promise<TargetResult> {
  const startedMs = kit.now().getTime();
  // Before and after, so that no look takes what is done here for somebody else's doing.
  const touch = () => kit.lastSeen.touch(target.node, kit.now().toISOString());
  await touch();
  const ending = await kit.spans
    .within({ name: 'target', facts: { 'medic.node': target.node }, outcome: factsOf }, () =>
      underLease(kit, execution, target, () => changeNode(kit, execution, target)),
    )
    .finally(() => execution.relays.left(target));
  const detail = withEarly(ending.detail, await execution.ahead.leave(target));
  await touch();
  const after = ending.touched ? await measured(kit, execution, target) : undefined;
  const digests = ending.touched ? await rememberedDigests(kit, target) : new Map<string, Sha256>();
  const before = Object.entries(target.before).map(([name, state]) => {
    const digest = digests.get(name);
    return `${name}: ${stateWords(state)}${digest === undefined ? '' : ` ${shortDigest(digest)}`}`;
  });
  const result: TargetResult = {
    node: target.node,
    outcome: ending.outcome,
    detail,
    before: ending.touched ? [...before, ...keyLines(target, 'before')] : [],
    after: [
      ...(after === undefined
        ? []
        : linesOf(after, ending.outcome === 'verified' ? execution.expected : undefined, target)),
      ...(ending.outcome === 'verified' ? keyLines(target, 'after') : []),
    ],
    ms: Math.max(0, kit.now().getTime() - startedMs),
    ...(ending.how === undefined || ending.how.length === 0 ? {} : { how: [...ending.how] }),
  };
  await kit.ledger.append(execution.incident, { kind: 'target_ended', receipt: execution.receipt, result });
  return result;
}

/** What became of a target, and of the bytes that had come to it ahead of its turn. */
export function withEarly(detail: string, early: string): string {
  const end = early === '' ? '' : `; ${early}`;
  return `${detail.slice(0, Math.max(DETAIL_MAX / 2, DETAIL_MAX - end.length))}${end}`.slice(0, DETAIL_MAX);
}

type Ending = {
  readonly outcome: TargetResult['outcome'];
  readonly detail: string;
  readonly touched: boolean;
  readonly how?: readonly string[];
};

const UNFAILED = new Set<TargetResult['outcome']>(['verified', 'already_right', 'skipped']);

function factsOf({ outcome }: Ending): SpanFacts {
  return { 'medic.outcome': outcome, ...(UNFAILED.has(outcome) ? {} : { 'error.type': outcome }) };
}

/** The leases among all workers that changing a target needs. */
export function leaseKeys(target: Target): string[] {
  return isOnNode(target) ? target.models.map((model) => `node:${target.node}:${model}`) : ['known-hosts'];
}

async function underLease(
  kit: Kit,
  { receipt }: Execution,
  target: Target,
  change: () => Promise<Ending>,
): Promise<Ending> {
  const keys = leaseKeys(target);
  const held: string[] = [];
  try {
    for (const key of keys) {
      if (!(await kit.leases.acquire(key, receipt, LEASE_MS)))
        return { outcome: 'skipped', detail: 'another change of this node and model is running', touched: false };
      held.push(key);
    }
    return await change();
  } finally {
    for (const key of held) await kit.leases.release(key, receipt);
  }
}

/** How a node compares with its part of the plan: the same, right already, moved, or not to be reached. */
export type Replanned =
  | { readonly kind: 'same' }
  | { readonly kind: 'right' }
  | { readonly kind: 'moved'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string };

/** Plans this node again and compares digests: a node that moved since the plan is left alone. */
export async function replan(kit: Kit, execution: Execution, target: Target): Promise<Replanned> {
  const now = await planTarget(kit, execution.repair, contextOf(kit, execution, target, false), target.cures);
  if (now.kind === 'unreachable') return now;
  if (now.kind === 'nothing') return { kind: 'right' };
  if (now.kind === 'refused') return { kind: 'moved', detail: now.refusal.text };
  return digestOf(now.target) === digestOf(target)
    ? { kind: 'same' }
    : { kind: 'moved', detail: 'the node changed after the plan was made' };
}

function contextOf(kit: Kit, { expected, plan }: Execution, target: Target, fresh: boolean): LookContext {
  const models = kit.models.filter(({ name }) => target.models.includes(name));
  return contextFor(nodeOf(kit, target), { ...kit, models, expected, fresh, params: plan.params });
}

function nodeOf(kit: Kit, target: Target): Node {
  return named(kit.inventory.current().nodes, target.node, 'node');
}

async function changeNode(kit: Kit, execution: Execution, target: Target): Promise<Ending> {
  const first = await replan(kit, execution, target);
  // What came ahead fills the disk too: where a node seems to have moved, it is asked again without that.
  const early = first.kind === 'moved' ? await execution.ahead.leave(target) : '';
  const now = early === '' ? first : await replan(kit, execution, target);
  if (now.kind === 'right') return { outcome: 'already_right', detail: 'nothing needed doing', touched: false };
  if (now.kind === 'moved') return { outcome: 'skipped', detail: withEarly(now.detail, early), touched: false };
  if (now.kind === 'unreachable') return { outcome: 'unreachable', detail: now.detail, touched: false };
  const folder = nodeOf(kit, target).modelsDir ?? '';
  const hands = { kit, execution, node: nodeOf(kit, target) };
  if (!isOnNode(target)) return doSteps(hands, target);
  const lease = await takeNodeLease(hands, folder, target);
  if (lease.kind !== 'done')
    return { outcome: lease.kind === 'lost' ? 'unreachable' : 'skipped', detail: lease.detail, touched: false };
  let ending: Ending | undefined;
  try {
    await noteChange(kit, execution, target.node);
    ending = await doSteps(hands, target);
    return ending;
  } finally {
    await dropNodeLease(hands, folder, ending?.outcome);
  }
}

async function doSteps(hands: Hands, target: Target): Promise<Ending> {
  const done: Step[] = [];
  const how = new Set<string>();
  for (const step of target.steps) {
    if (hands.execution.signal.aborted) return unwind(hands, done, whyStopped(hands.execution.signal));
    const result = await runStep(hands, step);
    if (result.kind === 'lost') return lostEnding(hands, target, step, result);
    if (result.kind === 'failed') return unwind(hands, done, `${step.title}: ${result.detail}`);
    done.push(step);
    if (step.kind === 'transfer' && result.detail !== '') how.add(result.detail.slice(0, 500));
  }
  const cure = await judged(hands, target);
  if (cure.kind === 'cured')
    return { outcome: 'verified', detail: 'the check is clear', touched: true, how: [...how].slice(0, 12) };
  if (cure.kind === 'wrong') return unwind(hands, done, `${UNVERIFIED}: ${cure.detail}`);
  // Not known is no failure: taking back a change that may be right, on a node that does not answer, would only add to the trouble.
  return { outcome: 'lost', detail: `all steps ran, but the check could not be made: ${cure.detail}`, touched: true };
}

/** Undoes what was done, newest first. A step whose undo fails leaves the node stuck: a person has to look. */
async function unwind(hands: Hands, done: readonly Step[], because: string): Promise<Ending> {
  for (const step of done.toReversed()) {
    const result: StepResult = await undoStep(hands, step);
    if (result.kind !== 'done')
      return {
        outcome: 'stuck',
        detail: `${because}; then undoing “${step.title}” failed: ${result.detail}`,
        touched: true,
      };
  }
  return { outcome: 'rolled_back', detail: because, touched: done.length > 0 };
}

/** Nobody saw how a step ended. It is never tried again: the node is measured, and only a clear check turns lost into verified. */
async function lostEnding(hands: Hands, target: Target, step: Step, { detail }: { detail: string }): Promise<Ending> {
  const cure = await judged(hands, target);
  if (cure.kind === 'cured')
    return {
      outcome: 'verified',
      detail: `the connection broke during “${step.title}”; looked again: the check is clear`,
      touched: true,
    };
  return {
    outcome: 'lost',
    detail: `nobody saw how “${step.title}” ended (${detail}); looked again: ${cure.detail}`,
    touched: true,
  };
}

async function judged({ kit, execution, node }: Hands, target: Target): Promise<Cure> {
  return cureOf(kit, { plan: execution.plan, expected: execution.expected }, node, target);
}

async function measured(
  kit: Kit,
  execution: Execution,
  target: Target,
): Promise<Readonly<Record<string, EntryState>> | undefined> {
  if (!isOnNode(target)) return undefined;
  try {
    return await kit.measure(contextOf(kit, execution, target, true), [
      ...new Set([...Object.keys(target.before), ...Object.keys(target.after)]),
    ]);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
