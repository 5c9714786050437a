import { digestOf, type Sha256 } from './digest.ts';
import type { EventOf } from './entry.ts';
import { hashPlan, type Plan, type Target } from './plan.ts';
import type { Gone, PlanSince } from './plan-since.ts';
import { lockOn, type Standing } from './standing.ts';

/** The same for all plans of one repair and the same models, whatever nodes they are for. */
export function likenessOf({ repair, targets }: Pick<Plan, 'repair' | 'targets'>): Sha256 {
  return digestOf({ repair, models: [...new Set(targets.flatMap(({ models }) => models))].toSorted() });
}

/** What is known when a plan is put up and a node of the last one is missing in it. */
export type Around = {
  readonly standing: Standing;
  readonly refusals: EventOf<'planned'>['refusals'];
  readonly look: Pick<EventOf<'checked'>, 'scope' | 'report'> | undefined;
};

/** What is different from the plan before. Pure. */
export function sinceLast(
  last: Pick<PlanSince, 'at' | 'state' | 'rejected'> & { readonly plan: Plan },
  plan: Plan,
  around: Around,
): PlanSince {
  const before = new Map(last.plan.targets.map((target) => [target.node, target]));
  const now = new Map(plan.targets.map((target) => [target.node, target]));
  const { rejected } = last;
  return {
    plan: hashPlan(last.plan),
    at: last.at,
    state: last.state,
    ...(rejected === undefined ? {} : { rejected }),
    added: [...now.keys()].filter((node) => !before.has(node)),
    gone: [...before.values()].filter(({ node }) => !now.has(node)).map((target) => goneBecause(target, around)),
    digests: Object.entries(plan.source).flatMap(([model, { digest: to }]) => {
      const from = last.plan.source[model]?.digest;
      return from === undefined || from === to ? [] : [{ model, from, to }];
    }),
    changed: [...now].flatMap(([node, target]) => {
      const earlier = before.get(node);
      return earlier !== undefined && work(earlier) !== work(target) ? [node] : [];
    }),
  };
}

/** What is done on a node, in words: the same work on files that were touched meanwhile is the same to people. */
function work({ steps }: Target): string {
  return steps.map(({ title }) => title).join('\n');
}

function goneBecause({ node, models }: Target, { standing, refusals, look }: Around): Gone {
  const lock = [undefined, ...models].map((model) => lockOn(standing, node, model)).find((one) => one !== undefined);
  if (lock !== undefined)
    return { node, how: lock.until === undefined ? 'locked' : 'excluded', by: lock.by, why: clip(lock.reason) };
  const refusal = refusals.find(({ nodes }) => nodes.includes(node));
  if (refusal !== undefined) return { node, how: 'refused', why: clip(refusal.text) };
  if (look?.scope.nodes.includes(node) !== true) return { node, how: 'left_out', why: 'not asked for this time' };
  const unknown = look.report.unknown.find((one) => one.node === node);
  if (unknown !== undefined) return { node, how: 'unknown', why: `unknown: ${unknown.reason}` };
  return { node, how: 'right', why: 'right by now' };
}

function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
