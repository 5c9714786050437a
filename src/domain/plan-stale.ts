import type { EventOf } from './entry.ts';
import { foldNames } from './fold-names.ts';
import type { Plan } from './plan.ts';

/**
 * Why a plan is no longer what is needed, as far as a look after it tells: every node that it was to cure is right, or other bytes are
 * expected now. Undefined: nothing says so. A node that the look did not reach says nothing.
 */
export function staleBecause(
  plan: Plan,
  look: Pick<EventOf<'checked'>, 'scope' | 'report' | 'expected'>,
): string | undefined {
  const moved = new Set(
    plan.targets.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'record' ? [step.model] : []))),
  );
  for (const [model, { digest }] of Object.entries(plan.source)) {
    const expected = look.expected[model]?.digest;
    if (expected !== undefined && expected !== digest && !moved.has(model))
      return `the expected digest of ${model} is another one now`;
  }
  const { scope, report } = look;
  const silent = new Set(report.unknown.map(({ node }) => node));
  const found = new Set(report.findings.map(({ id }) => id));
  const judged = plan.verify.length > 0 && plan.verify.every((check) => scope.checks.includes(check));
  const isRight = ({ node, models, cures }: Plan['targets'][number]): boolean =>
    cures.length > 0 &&
    scope.nodes.includes(node) &&
    !silent.has(node) &&
    models.every((model) => scope.models.includes(model)) &&
    !cures.some((id) => found.has(id)) &&
    // Wrong in another way is not right.
    !report.findings.some((finding) => finding.node === node && models.some((model) => model === finding.model));
  if (!judged || !plan.targets.every(isRight)) return undefined;
  return `${foldNames(plan.targets.map(({ node }) => node))} ${plan.targets.length === 1 ? 'is' : 'are'} right by now`;
}
