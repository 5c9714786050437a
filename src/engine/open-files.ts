import type { LookContext } from '../contract/job.ts';
import type { OpenFiles } from '../domain/beside.ts';
import { Fault } from '../domain/fault.ts';
import type { Target } from '../domain/plan.ts';
import type { Kit } from './kit.ts';

/** Asks each node of a plan which processes have its models open. What cannot be told stops no plan: it is said. */
export async function openFiles(
  { holdersLook }: Pick<Kit, 'holdersLook'>,
  targets: readonly { readonly target: Target; readonly context: LookContext }[],
): Promise<OpenFiles> {
  const answers = await Promise.all(
    targets.map(async ({ target, context }) => {
      const models = context.models.filter(({ name }) => target.models.includes(name));
      try {
        return { node: target.node, held: await holdersLook({ ...context, models }) };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { node: target.node, held: undefined };
      }
    }),
  );
  return {
    open: answers.flatMap(({ node, held }) => {
      const processes = new Set([...(held?.values() ?? [])].flatMap((pids) => [...pids])).size;
      return held === undefined || processes === 0 ? [] : [{ node, models: [...held.keys()].toSorted(), processes }];
    }),
    unsure: answers.flatMap(({ node, held }) => (held === undefined ? [node] : [])),
  };
}
