import { z } from 'zod';
import type { Refusal } from './fault.ts';
import { JobName, ModelName } from './names.ts';
import type { Plan } from './plan.ts';

/** What a worker's owner never allows, whatever was approved: read from a file of that machine alone. */
export const Ceilings = z.strictObject({
  changesPerNodeHour: z.int().min(0).max(100_000).optional(),
  changesPerClusterHour: z.int().min(0).max(100_000).optional(),
  never: z
    .strictObject({
      /** Names; `*` stands for any characters. */
      nodes: z.array(z.string().regex(/^[A-Za-z0-9._*-]{1,63}$/)).default([]),
      models: z.array(ModelName).default([]),
      repairs: z.array(JobName).default([]),
    })
    .prefault({}),
});
export type Ceilings = z.infer<typeof Ceilings>;

/** Why this worker never runs such a plan. Pure. */
export function ceilingRefusal({ never }: Ceilings, plan: Plan): Refusal | undefined {
  if (never.repairs.includes(plan.repair)) return refusal(`the repair ${plan.repair}`);
  for (const { node, models } of plan.targets) {
    if (never.nodes.some((pattern) => matches(pattern, node))) return refusal(`a change of ${node}`);
    const model = models.find((name) => never.models.includes(name));
    if (model !== undefined) return refusal(`a change of ${model}`);
  }
  return undefined;
}

function matches(pattern: string, node: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(node);
}

function refusal(what: string): Refusal {
  return {
    code: 'ceiling_reached',
    text: `The ceilings of this worker forbid ${what} (ceilings.yaml on its machine). Nothing was run.`,
  };
}
