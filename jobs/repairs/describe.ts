import type { Target } from '../../src/domain/plan.ts';
import { megabytes } from './target-steps.ts';

/** A plan's first line from its steps: `send hex8_2p (40 MB) to 3 nodes and set 3 aliases`. */
export function describeTargets(targets: readonly Target[], extra = ''): string {
  const steps = targets.flatMap((target) => target.steps);
  const sends = steps.flatMap((step) => (step.kind === 'transfer' ? [step] : []));
  const aliases = steps.filter((step) => step.kind === 'run' && step.argv[0] === 'set-alias');
  const models = [...new Set(sends.map(({ model }) => model))];
  const bytes = sends.reduce((sum, step) => sum + step.bytes, 0);
  const nodes = count(new Set(targets.map(({ node }) => node)).size, 'node', 'nodes');
  const sending =
    sends.length === 0
      ? []
      : [
          `send ${models.length > 2 ? `${models.length} models` : models.join(' and ')} (${megabytes(bytes)}) to ${nodes}`,
        ];
  return [...sending, ...(aliases.length === 0 ? [] : [aliasWords(aliases.length, targets)])]
    .join(' and ')
    .concat(extra)
    .slice(0, 200);
}

/** `1 alias`, `3 aliases`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function aliasWords(number: number, targets: readonly Target[]): string {
  const goals = new Set(
    targets.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'run' && step.argv[0] === 'set-alias' ? [step.argv[4]] : [])),
    ),
  );
  const [only] = goals;
  if (goals.size === 1) return `set ${count(number, 'alias', 'aliases')} to ${only ?? ''}`;
  return `set ${count(number, 'alias', 'aliases')} to their canonical files`;
}
