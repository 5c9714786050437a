import { shortDigest } from './digest.ts';
import type { Entry, EventOf } from './entry.ts';
import { concerns, type Finding } from './finding.ts';
import { minute } from './history.ts';
import { type Cell, isUnsure } from './matrix.ts';
import type { IncidentId, Instant, ModelName, NodeName, ReceiptId } from './names.ts';
import { hashPlan, type Plan } from './plan.ts';

/** What was known at one moment of a model on a node, and by which incident; `unknown`: somebody looked and the node did not tell. */
export type Sighting = {
  readonly at: Instant;
  readonly cell: Cell;
  readonly words: string;
  readonly incident: IncidentId;
};

/** The same thing seen again and again, without another sighting between. */
export type SightingSpan = Sighting & { readonly last: Instant; readonly times: number };

/** What reads a model's bytes; without it a look says nothing about what a node has. */
const READS_BYTES = 'model-digest';

/** What one incident's entries tell of a model on a node, in their order: each look that read its bytes, and each change that was verified. */
export function sightingsOf(entries: readonly Entry[], node: NodeName, model: ModelName): Sighting[] {
  const plans = new Map<string, Plan>();
  const ran = new Map<ReceiptId, Plan>();
  const seen: Sighting[] = [];
  for (const { at, incident, event } of entries) {
    if (event.kind === 'planned') for (const plan of event.plans) plans.set(hashPlan(plan), plan);
    else if (event.kind === 'execution_started') {
      const plan = plans.get(event.plan);
      if (plan !== undefined) ran.set(event.receipt, plan);
    } else if (event.kind === 'checked') {
      const what = lookedAt(event, node, model);
      if (what !== undefined) seen.push({ at, incident, ...what });
    } else if (event.kind === 'target_ended' && event.result.node === node && event.result.outcome === 'verified') {
      const words = placedBy(ran.get(event.receipt), event.receipt, node, model);
      if (words !== undefined) seen.push({ at, incident, cell: 'right', words });
    }
  }
  return seen;
}

function lookedAt(
  { scope, report, expected }: EventOf<'checked'>,
  node: NodeName,
  model: ModelName,
): Pick<Sighting, 'cell' | 'words'> | undefined {
  if (!scope.nodes.includes(node) || !scope.models.includes(model) || !scope.checks.includes(READS_BYTES))
    return undefined;
  const faults = report.findings.filter((found) => concerns(found, node, model));
  if (faults.length > 0) return { cell: 'wrong', words: faultWords(faults) };
  const unsure = report.unknown.find((one) => isUnsure(one, node, model));
  if (unsure !== undefined) return { cell: 'unknown', words: `not known (${unsure.reason}: ${unsure.detail})` };
  const current = expected[model];
  return current === undefined ? undefined : { cell: 'right', words: `${shortDigest(current.digest)}, as expected` };
}

function faultWords(faults: readonly Finding[]): string {
  return faults.map(({ title }) => title).join('; ');
}

function placedBy(plan: Plan | undefined, receipt: ReceiptId, node: NodeName, model: ModelName): string | undefined {
  const steps = plan?.targets.filter((target) => target.node === node).flatMap((target) => target.steps) ?? [];
  const placed = steps.flatMap((step) => (step.kind === 'transfer' && step.model === model ? [step] : [])).at(-1);
  return placed === undefined ? undefined : `${shortDigest(placed.digest)}, placed and verified by ${receipt}`;
}

/** Sightings in the order of their times, equal ones that follow each other as one span. */
export function spansOfSightings(sightings: readonly Sighting[]): SightingSpan[] {
  const spans: SightingSpan[] = [];
  for (const one of sightings.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const before = spans.at(-1);
    if (before !== undefined && before.cell === one.cell && before.words === one.words)
      spans.splice(-1, 1, { ...before, last: one.at, times: before.times + 1 });
    else spans.push({ ...one, last: one.at, times: 1 });
  }
  return spans;
}

/** What is known of a moment: the last sighting at or before it, and the first one after it; between the two anything may have happened. */
export function knownAt(
  sightings: readonly Sighting[],
  at: Instant,
): { readonly before: Sighting | undefined; readonly after: Sighting | undefined } {
  const sorted = sightings.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const moment = Date.parse(at);
  return {
    before: sorted.findLast((one) => Date.parse(one.at) <= moment),
    after: sorted.find((one) => Date.parse(one.at) > moment),
  };
}

/** A span as a line for people. */
export function sightingLine({ at, last, times, words, cell, incident }: SightingSpan): string {
  const time = times === 1 ? minute(at) : `${minute(at)} to ${minute(last)}`;
  const sign = { right: '✓', wrong: '✗', unknown: '?' }[cell];
  return `${time.padEnd(40)}  ${sign} ${words}${times === 1 ? '' : `, seen ${times} times`} (${incident})`;
}
