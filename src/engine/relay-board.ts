import type { Relay, RelayPlace } from '../contract/transport.ts';
import type { ModelName, NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Plan, Target } from '../domain/plan.ts';
import { pathsIn } from '../domain/relay.ts';

/** Where the nodes of a plan that relays tell each other that a file has come, or never will. */
export type RelayBoard = {
  /** From now on these targets receive, and others may wait for what they get. */
  begin(batch: readonly Target[]): void;
  /** The transfer of this model to this node is over, however it ended. */
  ended(node: NodeName, model: ModelName): void;
  /** Nothing more happens on this target. */
  left(target: Target): void;
  /** Whom a node may take a model from and who takes it from there; undefined: the plan relays nothing to it. */
  of(node: NodeName, model: ModelName): Relay | undefined;
};

type Mark = { readonly ended: Promise<void>; readonly end: () => void };

/** A board for one execution. A node that leaves the inventory meanwhile is nobody's source any more. */
export function createRelayBoard({ relay: links = [] }: Pick<Plan, 'relay'>, nodes: () => readonly Node[]): RelayBoard {
  const marks = new Map<string, Mark>();
  const pathTo = pathsIn(links);
  const behind = new Map<NodeName, NodeName[]>();
  for (const { from, to } of links) behind.set(from, [...(behind.get(from) ?? []), to]);
  const keyOf = (node: NodeName, model: ModelName): string => `${node} ${model}`;
  const modelsIn = ({ steps }: Target): ModelName[] =>
    steps.flatMap((step) => (step.kind === 'transfer' ? [step.model] : []));
  const placesOf = (names: readonly NodeName[], model: ModelName, which: 'all' | 'receiving'): RelayPlace[] =>
    names.flatMap((name) => {
      const node = nodes().find((one) => one.name === name);
      const mark = marks.get(keyOf(name, model));
      if (node === undefined || (mark === undefined && which === 'receiving')) return [];
      return [{ node, ended: mark?.ended ?? Promise.resolve() }];
    });
  return {
    begin(batch) {
      if (links.length === 0) return;
      for (const target of batch) for (const model of modelsIn(target)) marks.set(keyOf(target.node, model), newMark());
    },
    ended(node, model) {
      marks.get(keyOf(node, model))?.end();
    },
    left(target) {
      for (const model of modelsIn(target)) marks.get(keyOf(target.node, model))?.end();
    },
    of(node, model) {
      const path = pathTo(node);
      if (path.length === 0) return undefined;
      return { from: placesOf(path, model, 'all'), to: placesOf(behind.get(node) ?? [], model, 'receiving') };
    },
  };
}

function newMark(): Mark {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}
