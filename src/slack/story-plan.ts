import { besideLines, isIdle, type PlanBeside } from '../domain/beside.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { NodeName } from '../domain/names.ts';
import { batchesOf, bytesOf, isLead, type Plan, type Step, type Target } from '../domain/plan.ts';
import { diskWords, relayWords } from '../domain/plan-lines.ts';
import { sinceLines } from '../domain/plan-since.ts';
import { secondsToRun } from '../domain/policy.ts';
import { bytes, count, duration, riskWords } from '../domain/wording.ts';
import { escaped } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { slackSpelling } from './spelling.ts';
import { LINES_MAX, type StoryLook } from './story-message.ts';

const STEPS_NAMED_MAX = 4;

/** Risk, reach, links, who has the files open, and what is different from the last such plan. */
export function aboutPlan(plan: Plan, prompt: Prompt, beside: PlanBeside | undefined, { names }: StoryLook): string[] {
  const spelling = slackSpelling(names);
  return [
    factsLine(plan, beside),
    ...(beside === undefined ? [] : besideLines(plan, beside, spelling)),
    ...(prompt.since === undefined ? [] : sinceLines(prompt.since, spelling)),
  ];
}

/** How long the approved plan may wait for its first step. */
export function runWindow({ runMinutes }: Prompt): string {
  return runMinutes === undefined ? '' : `, then ${duration(runMinutes * 60_000)} to begin`;
}

/** Risk, bytes and time in one line. */
export function factsLine(plan: Plan, beside: PlanBeside | undefined): string {
  const moved = bytesOf(plan);
  const sources = [...new Set(Object.values(plan.source).map(({ node }) => node))];
  const from = sources.length === 0 ? '' : ` from ${sources.map((node) => `\`${node}\``).join(', ')}`;
  return [
    riskWords(plan),
    moved === 0 ? 'no bytes moved' : `${bytes(moved)}${from}, ${diskWords(plan)}`,
    `about ${duration((beside?.seconds ?? secondsToRun(plan)) * 1_000)}`,
  ].join(' · ');
}

/** In which order the nodes get it and when it stops. */
export function courseLine(plan: Plan, beside: PlanBeside | undefined): string {
  const [first = [], ...later] = batchesOf(plan);
  const label = nodesLabel(first.map(({ node }) => node));
  const rest = later.map((batch) => String(batch.length));
  const course =
    rest.length === 0
      ? `on ${label}`
      : `${first.some(isLead) ? 'first' : 'canary'} ${label}${idleWord(first, beside)}, then ${rest.join(', then ')} of ${count(plan.targets.length, 'node')}`;
  const stop =
    plan.failureBudget === 0 ? 'stops at the first failure' : `stops after ${count(plan.failureBudget + 1, 'failure')}`;
  return `${course} · ${stop}`;
}

/** Whether the canary is in use: what nobody knows is not said. */
function idleWord(first: readonly Target[], beside: PlanBeside | undefined): string {
  if (beside === undefined || first.some(isLead)) return '';
  return first.every(({ node }) => isIdle(node, beside)) ? ' (idle)' : '';
}

/** What is done, folded over nodes that get the same. */
export function stepLines(plan: Plan): string[] {
  const byTitles = new Map<string, NodeName[]>();
  for (const { node, steps } of plan.targets) {
    const words = titles(steps);
    byTitles.set(words, [...(byTitles.get(words) ?? []), node]);
  }
  const lines = [...byTitles].map(([words, nodes]) => `• ${nodesLabel(nodes)}  ${words}`);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `… and ${count(lines.length - LINES_MAX, 'more line')}: Details shows all`];
}

function titles(steps: readonly Step[]): string {
  const shown = steps.slice(0, STEPS_NAMED_MAX).map(({ title }) => escaped(title, 160));
  return [
    ...shown,
    ...(steps.length > STEPS_NAMED_MAX ? [`and ${count(steps.length - STEPS_NAMED_MAX, 'more step')}`] : []),
  ].join('; ');
}

/** Who passes files on to whom, with the bytes of each link. */
export function relayLines(plan: Plan): string[] {
  const lines = relayWords(plan).map((line) => `• ${escaped(line, 300)}`);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `… and ${count(lines.length - LINES_MAX, 'more sender')}: Details shows all`];
}
