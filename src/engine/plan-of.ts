import type { Repair } from '../contract/job.ts';
import { isIdle, type OpenFiles } from '../domain/beside.ts';
import type { ModelName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { DERIVED, isLead, type Params, type Plan, type Step, type Target } from '../domain/plan.ts';
import { relayLinks } from '../domain/relay.ts';
import { type Kit, named } from './kit.ts';

/** Puts targets in their order: what leads, then the canary, which is the idle node whose loss costs least, then the others in batches. `files`: who has their models open. */
export function planOf(
  { cluster, relay: rules }: Pick<Kit, 'cluster' | 'relay'>,
  repair: Repair,
  params: Params,
  targets: readonly Target[],
  { nodes, files }: { readonly nodes: readonly Node[]; readonly files: OpenFiles },
): Plan {
  const byCost = targets.toSorted(
    (a, b) =>
      Number(isLead(b)) - Number(isLead(a)) ||
      costOf(named(nodes, a.node, 'node')) - costOf(named(nodes, b.node, 'node')) ||
      (a.node < b.node ? -1 : 1),
  );
  // Who is idle changes by the minute: it moves one node and not the order of all, so that a plan made again stays the same one.
  const canary = byCost.find((target) => !isLead(target) && isIdle(target.node, files));
  const leads = byCost.filter(isLead);
  const ordered = [...new Set([...leads, ...(canary === undefined ? [] : [canary]), ...byCost])];
  const steps = ordered.flatMap((target) => target.steps);
  const source = Object.fromEntries(steps.flatMap(sourceIn));
  const relay = relayLinks({ targets: ordered, params, nodes, rules });
  const risk = typeof repair.risk === 'function' ? repair.risk(params) : repair.risk;
  return {
    cluster,
    repair: repair.name,
    params,
    summary: repair.describe(ordered, params),
    risk: ordered.some(leavesGap) && risk === 'reversible' ? 'disruptive' : risk,
    source,
    targets: ordered,
    ...(relay.length === 0 ? {} : { relay }),
    // What somebody else brings comes in no order of ours.
    batches: ordered.length > 4 && !steps.some(({ kind }) => kind === 'await') ? [1, '25%', '100%'] : [1, '100%'],
    failureBudget: 0,
    verify: [...repair.verify],
  };
}

/** What a step needs from the source of its model, by the model's name. */
function sourceIn(step: Step): [ModelName, Plan['source'][string]][] {
  if (step.kind !== 'transfer' && step.kind !== 'await') return [];
  // What the plan makes itself needs no source.
  if (step.kind === 'transfer' && step.sourcePath?.startsWith(DERIVED) === true) return [];
  const { model, digest, bytes } = step;
  const [node] = step.kind === 'transfer' ? step.sources : [step.source];
  return node === undefined ? [] : [[model, { node, digest, bytes }]];
}

/** A step without undo cannot hide behind the word reversible. */
function leavesGap({ steps }: Target): boolean {
  return steps.some(({ undo }) => undo.kind === 'none');
}

/** What losing a node would cost: least those without a GPU, then the ephemeral ones; most the one that models come from. */
function costOf(node: Node): number {
  return (node.coordinator ? 4 : 0) + (node.gpu === null ? 0 : 2) + (node.ephemeral ? 0 : 1);
}
