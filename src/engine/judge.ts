import { isWanted } from '../domain/entry-state.ts';
import type { Expected } from '../domain/expected.ts';
import { Fault } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding.ts';
import type { ModelName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Plan, Target } from '../domain/plan.ts';
import { eyesOf, type Kit, named } from './kit.ts';
import { contextFor, lookAt } from './look.ts';
import { expectedAfter } from './move-record.ts';

/** Cured: the findings to cure are gone and nothing is wrong with the names that were touched; wrong: what is; unknown: why nobody can tell. */
export type Cure = { readonly kind: 'cured' } | { readonly kind: 'wrong' | 'unknown'; readonly detail: string };

/** What stands for every name that is missing in the folder. */
const NO_MODELS: ReadonlySet<FindingCode> = new Set(['models_folder_missing', 'models_folder_empty']);

/** The verdict of the plan's own checks on one target, never from remembered digests. */
export async function cureOf(
  kit: Kit,
  { plan, expected: before }: { plan: Plan; expected: ReadonlyMap<ModelName, Expected> },
  node: Node,
  target: Target,
): Promise<Cure> {
  const expected = expectedAfter(plan, before);
  if (plan.verify.length === 0) return stateCure(kit, { plan, expected }, node, target);
  const checks = plan.verify.map((name) => named(kit.checks, name, 'check'));
  const models = kit.models.filter(({ name }) => target.models.includes(name));
  const report = await lookAt({ ...eyesOf(kit), nodes: [node], models, checks, expected, fresh: true });
  const left = report.findings.find(
    ({ id, code, subject }) =>
      target.cures.includes(id) ||
      NO_MODELS.has(code) ||
      Object.hasOwn(target.before, subject) ||
      Object.hasOwn(target.after, subject),
  );
  if (left !== undefined) return { kind: 'wrong', detail: left.title };
  const [unknown] = report.unknown;
  return unknown === undefined
    ? { kind: 'cured' }
    : { kind: 'unknown', detail: `unknown (${unknown.reason}: ${unknown.detail})` };
}

/** The verdict on a change that no check can judge: what the names are, compared with what they were to be. */
async function stateCure(
  kit: Kit,
  { plan, expected }: { plan: Plan; expected: ReadonlyMap<ModelName, Expected> },
  node: Node,
  target: Target,
): Promise<Cure> {
  const models = kit.models.filter(({ name }) => target.models.includes(name));
  const context = contextFor(node, { ...kit, models, expected, fresh: true, params: plan.params });
  try {
    const states = await kit.measure(context, Object.keys(target.after));
    const wrong = Object.entries(target.after).find(([name, wanted]) => {
      const state = states[name];
      return state === undefined || !isWanted(state, wanted);
    });
    return wrong === undefined ? { kind: 'cured' } : { kind: 'wrong', detail: `${wrong[0]} is not what it was to be` };
  } catch (error) {
    if (error instanceof Fault) return { kind: 'unknown', detail: `unknown (${error.reason}: ${error.message})` };
    throw error;
  }
}
