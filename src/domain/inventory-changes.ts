import { z } from 'zod';
import { digestOf, Sha256 } from './digest.ts';
import { foldNames } from './fold-names.ts';
import { NodeName } from './names.ts';
import type { Node } from './node.ts';

/** What is remembered of a node of the inventory between two readings; where it is reached is a digest and no address. */
export const KnownNode = z.strictObject({
  name: NodeName,
  reachedAt: Sha256,
  folder: z.string().nullable(),
  coordinator: z.boolean(),
  /** Why it gets no models; null: it does. */
  noTargetBecause: z.string().nullable(),
});
export type KnownNode = z.infer<typeof KnownNode>;

/** What matters of two readings of the inventory. */
export type InventoryChanges = {
  /** Get models now and did not before. */
  readonly added: readonly NodeName[];
  /** Get models as before, but are reached elsewhere or have another folder: perhaps another machine. */
  readonly moved: readonly NodeName[];
  /** What else people should know, a line a change. */
  readonly said: readonly string[];
};

/** What is to be remembered of a node. */
export function knownNode({ name, addresses, user, proxy, modelsDir, coordinator, noTargetBecause }: Node): KnownNode {
  return {
    name,
    reachedAt: digestOf({ addresses, user, proxy }),
    folder: modelsDir,
    coordinator,
    noTargetBecause,
  };
}

/** What is remembered after this reading; what is excluded at present stays as it was known. */
export function rememberedOf(before: readonly KnownNode[], nodes: readonly Node[]): KnownNode[] {
  return nodes.flatMap((node) => {
    if (node.excluded === undefined) return [knownNode(node)];
    return before.filter(({ name }) => name === node.name);
  });
}

/** Compares what was remembered with the inventory as it is now. Excluded nodes are judged when they count again. */
export function inventoryChanges(before: readonly KnownNode[], nodes: readonly Node[]): InventoryChanges {
  const known = new Map(before.map((node) => [node.name, node]));
  const counted = nodes.filter(({ excluded }) => excluded === undefined);
  const pairs = counted.flatMap((node) => {
    const was = known.get(node.name);
    return was === undefined ? [] : [{ was, is: knownNode(node) }];
  });
  const targets = new Set(counted.filter(isTarget).map(({ name }) => name));
  const added = [...targets].filter((name) => {
    const was = known.get(name);
    return was === undefined || was.noTargetBecause !== null;
  });
  const kept = pairs.filter(({ is }) => targets.has(is.name) && !added.includes(is.name));
  const moved = kept.filter(({ was, is }) => was.reachedAt !== is.reachedAt || was.folder !== is.folder);
  return {
    added,
    moved: moved.map(({ is }) => is.name),
    said: [...linesOf(before, nodes, pairs), ...moved.map(movedLine)],
  };
}

type Pair = { readonly was: KnownNode; readonly is: KnownNode };

function isTarget({ active, noTargetBecause }: Node): boolean {
  return active && noTargetBecause === null;
}

function linesOf(before: readonly KnownNode[], nodes: readonly Node[], pairs: readonly Pair[]): string[] {
  const there = new Set(nodes.map(({ name }) => name));
  const left = before.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const was = before.find(({ coordinator }) => coordinator)?.name;
  const is = nodes.find(({ coordinator }) => coordinator)?.name;
  const silent = pairs.filter((pair) => pair.was.noTargetBecause === null && pair.is.noTargetBecause !== null);
  const source = pairs.find((pair) => pair.is.coordinator && pair.was.reachedAt !== pair.is.reachedAt);
  return [
    ...(left.length === 0 ? [] : [`left the inventory: ${foldNames(left)}`]),
    ...(was === is ? [] : [`models come from ${is ?? 'nobody'} now, before from ${was ?? 'nobody'}`]),
    ...(source === undefined ? [] : [`${source.is.name}, where models come from, is reached at another address now`]),
    ...silent
      .filter((pair) => !pair.is.coordinator)
      .map((pair) => `${pair.is.name} gets no models any more: ${pair.is.noTargetBecause ?? ''}`),
  ];
}

function movedLine({ was, is }: Pair): string {
  const folder = was.folder === is.folder ? [] : [`its models folder is ${is.folder ?? 'none'} now`];
  const address = was.reachedAt === is.reachedAt ? [] : ['it is reached at another address or by another user now'];
  return `${is.name}: ${[...address, ...folder].join(', and ')}`;
}
