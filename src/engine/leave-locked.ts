import type { EventOf } from '../domain/entry.ts';
import type { Finding } from '../domain/finding.ts';
import type { Model } from '../domain/model.ts';
import type { Node } from '../domain/node.ts';
import { type Lock, lockOn, lockWords, type Standing } from '../domain/standing.ts';

type PlanRefusal = EventOf<'planned'>['refusals'][number];

/** What may be planned for: the parts that nobody has locked, and a refusal for each part that is left out. */
export type Unlocked = {
  readonly findings: readonly Finding[];
  readonly nodes: readonly Node[];
  readonly models: readonly Model[];
  readonly refusals: readonly PlanRefusal[];
};

/** Takes away what is locked. Nodes and models are those that a wish would change; findings are judged one by one. */
export function leaveLocked(
  standing: Standing,
  of: Pick<Unlocked, 'findings' | 'nodes' | 'models'>,
  wished: boolean,
): Unlocked {
  const refusals: PlanRefusal[] = [];
  const free = (lock: Lock | undefined, nodes: readonly string[]): boolean => {
    if (lock !== undefined) refusals.push({ code: 'locked', text: lockWords(lock), nodes: [...nodes] });
    return lock === undefined;
  };
  if (!wished)
    return {
      ...of,
      findings: of.findings.filter(({ node, model }) => free(lockOn(standing, node, model), [node])),
      refusals,
    };
  const names = of.nodes.map(({ name }) => name);
  return {
    findings: of.findings,
    models: of.models.filter(({ name }) =>
      free(
        standing.locks.find(({ models }) => models.includes(name)),
        names,
      ),
    ),
    nodes: of.nodes.filter(({ name }) => free(lockOn(standing, name), [name])),
    refusals,
  };
}
