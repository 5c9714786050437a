import { besideLines, type PlanBeside } from './beside.ts';
import { foldNames } from './fold-names.ts';
import { bytesOf, bytesTo, diskNeeds, hashPlan, type Plan, type Step, type Target } from './plan.ts';
import { type PlanSince, plainSpelling, sinceLines } from './plan-since.ts';
import { secondsToRun } from './policy.ts';
import { aheadOf } from './relay.ts';
import { trustLines, trustWords } from './trust.ts';
import { bytes, count, duration, riskWords, shortHash } from './wording.ts';

/** A plan in a few lines: the news, what it costs, and what is done where, equal nodes folded. */
export function planLines(plan: Plan, beside?: PlanBeside, since?: PlanSince): string[] {
  return [
    ...about(plan, beside, since),
    ...groupsOf(plan).map(({ nodes, steps }) => `  ${foldNames(nodes)}: ${steps}`),
    ...trustLines(plan).map((line) => `    ${line}`),
    ...relayWords(plan).map((line) => `  ${line}`),
  ];
}

function about(plan: Plan, beside: PlanBeside | undefined, since: PlanSince | undefined): string[] {
  const moved = bytesOf(plan);
  const facts = [
    `plan ${shortHash(hashPlan(plan))}`,
    riskWords(plan),
    count(plan.targets.length, 'node'),
    moved === 0 ? 'no bytes moved' : `${bytes(moved)} moved, ${diskWords(plan)}`,
    `about ${duration((beside?.seconds ?? secondsToRun(plan)) * 1_000)}`,
  ];
  return [
    facts.join(' · '),
    `  ${plan.summary}`,
    ...(beside === undefined ? [] : besideLines(plan, beside, plainSpelling).map((line) => `  ${line}`)),
    ...(since === undefined ? [] : sinceLines(since, plainSpelling).map((line) => `  ${line}`)),
  ];
}

/** How much one disk gets at most, and how much of it is under way at once. */
export function diskWords(plan: Plan): string {
  const { most, atOnce } = diskNeeds(plan);
  return `at most ${bytes(most)} to one disk${atOnce < most ? `, one file of at most ${bytes(atOnce)} at a time` : ''}`;
}

/** The whole plan step by step, as it will run, with the way back of each step. */
export function planInFull(plan: Plan, beside?: PlanBeside, since?: PlanSince): string[] {
  return [
    ...about(plan, beside, since),
    `  hash ${hashPlan(plan)} · cluster ${plan.cluster} · batches ${plan.batches.join(', ')} · stops after ${count(plan.failureBudget + 1, 'failure')} · verified by ${judges(plan)}`,
    ...relayWords(plan).map((line) => `  ${line}`),
    ...plan.targets.flatMap((target) => [
      `  ${target.node}`,
      ...target.steps.flatMap((step, index) => stepLines(step, index)),
    ]),
  ];
}

/** Who passes files on to whom, one line a sender with what each of its links carries, and what comes ahead of its turn; empty: nobody does. */
export function relayWords(plan: Plan): string[] {
  const { relay = [], targets } = plan;
  const carried = new Map(targets.map((target) => [target.node, bytesTo(target)]));
  const receivers = new Map<string, string[]>();
  for (const { from, to, by } of relay) {
    const words = `${to} ${bytes(carried.get(to) ?? 0)}${by === 'worker' ? ' through the worker' : ''}`;
    receivers.set(from, [...(receivers.get(from) ?? []), words]);
  }
  const early = aheadOf(plan).flat().length;
  return [
    ...(early === 0
      ? []
      : [`bytes flow ahead to ${count(early, 'node')} under a temporary name; each is placed only at its turn`]),
    ...[...receivers].map(([sender, words]) => `relay ${sender} -> ${words.join(', ')}`),
  ];
}

/** What tells whether the plan has helped. */
export function judges({ verify }: Plan): string {
  return verify.length === 0 ? 'what the names are afterwards' : verify.join(', ');
}

/** What a step does that moves the record. */
export function recordWords({ model, from, to }: Extract<Step, { kind: 'record' }>): string {
  const now = from === null ? 'nothing' : `${from.slice(0, 12)}…`;
  return `the record of ${model}: ${now} -> ${to.digest.slice(0, 12)}… (${to.by})`;
}

/** What a step waits for that somebody else does. */
export function awaitWords({ file, bytes, digest, timeoutMs }: Extract<Step, { kind: 'await' }>): string {
  const patience = Math.round(timeoutMs / 1_000);
  return `looks until ${file} (${bytes} bytes) is ${digest.slice(0, 12)}…, or until nothing has come for ${patience} s`;
}

/** The way back of a step that moves the record. */
export const RECORD_BACK = 'the record as it was';

function stepLines(step: Step, index: number): string[] {
  const how =
    step.kind === 'run'
      ? step.argv.join(' ')
      : step.kind === 'record'
        ? recordWords(step)
        : step.kind === 'await'
          ? awaitWords(step)
          : step.kind === 'trust'
            ? trustWords(step)
            : `${step.file} ${step.digest.slice(0, 12)}… from ${step.sources.join(', ')} by ${step.transports.join(', then ')}`;
  const back =
    step.undo.kind === 'run'
      ? step.undo.argv.join(' ')
      : step.undo.kind === 'record'
        ? RECORD_BACK
        : `none: ${step.undo.because}`;
  return [`    ${index + 1}. ${step.title}`, `       runs  ${how}`, `       undo  ${back}`];
}

function groupsOf({ targets }: Plan): { nodes: string[]; steps: string }[] {
  const groups = new Map<string, string[]>();
  for (const target of targets) {
    const steps = stepsOf(target);
    groups.set(steps, [...(groups.get(steps) ?? []), target.node]);
  }
  return [...groups].map(([steps, nodes]) => ({ nodes, steps }));
}

function stepsOf({ steps }: Target): string {
  return steps.map(({ title }) => title).join(', then ');
}
