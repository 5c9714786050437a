import type { Relay, RelayPlace } from '../contract/transport.ts';
import type { ModelName, NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Plan, Target } from '../domain/plan.ts';
import { pathsIn } from '../domain/relay.ts';

/** Where the nodes of a plan that relays tell each other that a file has come, or never will. */
export type RelayBoard = {
  /** From now on these targets receive, and others may wait for what they get; for one that receives already nothing changes. */
  begin(targets: readonly Target[]): void;
  /** All of this model has come to this node ahead of its turn: it takes no more from anybody, and has no file to give yet. */
  brought(node: NodeName, model: ModelName): void;
  /** The transfer of this model to this node is over, however it ended. */
  ended(node: NodeName, model: ModelName): void;
  /** Nothing more happens on this target. */
  left(target: Target): void;
  /** Whom a node may take a model from and who takes it from there; undefined: the plan relays nothing to it. */
  of(node: NodeName, model: ModelName): Relay | undefined;
};

type Mark = { readonly brought: Moment; readonly ended: Moment };
type Moment = { readonly reached: Promise<void>; readonly reach: () => void };

/** A board for one execution. A node that leaves the inventory meanwhile is nobody's source any more. */
export function createRelayBoard({ relay: links = [] }: Pick<Plan, 'relay'>, nodes: () => readonly Node[]): RelayBoard {
  const marks = new Map<string, Mark>();
  const pathTo = pathsIn(links);
  const behind = new Map<NodeName, NodeName[]>();
  for (const { from, to } of links) behind.set(from, [...(behind.get(from) ?? []), to]);
  const keyOf = (node: NodeName, model: ModelName): string => `${node} ${model}`;
  const modelsIn = ({ steps }: Pick<Target, 'steps'>): ModelName[] =>
    steps.flatMap((step) => (step.kind === 'transfer' ? [step.model] : []));
  const find = (name: NodeName): Node[] => nodes().filter((one) => one.name === name);
  const ended = (node: NodeName, model: ModelName): void => marks.get(keyOf(node, model))?.ended.reach();
  return {
    begin(targets) {
      if (links.length === 0) return;
      for (const { node, ...target } of targets) {
        for (const model of modelsIn(target)) {
          const key = keyOf(node, model);
          marks.set(key, marks.get(key) ?? { brought: newMoment(), ended: newMoment() });
        }
      }
    },
    brought: (node, model) => marks.get(keyOf(node, model))?.brought.reach(),
    ended,
    left(target) {
      for (const model of modelsIn(target)) ended(target.node, model);
    },
    of(node, model) {
      const path = pathTo(node);
      if (path.length === 0) return undefined;
      const from = path.flatMap((name): RelayPlace[] => {
        const mark = marks.get(keyOf(name, model));
        return find(name).map((one) => ({ node: one, ended: mark?.ended.reached ?? Promise.resolve() }));
      });
      const to = (behind.get(node) ?? []).flatMap((name): RelayPlace[] => {
        const mark = marks.get(keyOf(name, model));
        if (mark === undefined) return [];
        const served = Promise.race([mark.brought.reached, mark.ended.reached]);
        return find(name).map((one) => ({ node: one, ended: served }));
      });
      return { from, to };
    },
  };
}

function newMoment(): Moment {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}
