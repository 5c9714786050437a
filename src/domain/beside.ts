import { z } from 'zod';
import { ModelName, NodeName } from './names.ts';
import type { Node } from './node.ts';
import { batchesOf, hashPlan, type Plan, PlanHash, type Target } from './plan.ts';
import type { Spelling } from './plan-since.ts';
import { bytes, count, duration, joined } from './wording.ts';

/** What people are told beside a plan: it changes by itself, so it is not part of the plan and not hashed. */
export const PlanBeside = z.strictObject({
  plan: PlanHash,
  /** How many nodes of the cluster get models. */
  of: z.int().min(0),
  /** How long it takes, roughly. */
  seconds: z.int().min(1),
  /** The links that bytes go over, one a provider: the most that one node gets, how fast, and whether that speed is only assumed. */
  links: z.array(
    z.strictObject({
      provider: z.string(),
      nodes: z.int().min(1),
      bytes: z.int().min(0),
      mbit: z.int().min(1),
      assumed: z.boolean(),
      seconds: z.int().min(1),
    }),
  ),
  /** Processes that have a file of the plan open or mapped. */
  open: z.array(z.strictObject({ node: NodeName, models: z.array(ModelName), processes: z.int().min(1) })),
  /** Nodes on which nobody can tell who has it open. */
  unsure: z.array(NodeName),
});
export type PlanBeside = z.infer<typeof PlanBeside>;

/** Who has files of a plan open, as nodes told while it was made. */
export type OpenFiles = Pick<PlanBeside, 'open' | 'unsure'>;

const ASSUMED_MBIT = 100;
const SECONDS_A_NODE = 0.6;

/** Reach, links and time of a plan; `nodeMbit`: by provider, how fast one node of it is sent to. */
export function besideOf(
  plan: Plan,
  files: OpenFiles,
  around: { readonly nodes: readonly Node[]; readonly nodeMbit: Readonly<Record<string, number>> },
): PlanBeside {
  const providers = new Map(around.nodes.map(({ name, provider }) => [name, provider]));
  const mbitTo = (node: NodeName): number => around.nodeMbit[providers.get(node) ?? ''] ?? ASSUMED_MBIT;
  const secondsFor = (target: Target): number => SECONDS_A_NODE + (sentTo(target) * 8) / (mbitTo(target.node) * 1e6);
  const links = new Map<string, PlanBeside['links'][number]>();
  for (const target of plan.targets.filter((one) => sentTo(one) > 0)) {
    const provider = providers.get(target.node) ?? target.node;
    const known = links.get(provider);
    links.set(provider, {
      provider,
      nodes: (known?.nodes ?? 0) + 1,
      bytes: Math.max(known?.bytes ?? 0, sentTo(target)),
      mbit: mbitTo(target.node),
      assumed: around.nodeMbit[provider] === undefined,
      seconds: Math.max(known?.seconds ?? 1, Math.ceil(secondsFor(target))),
    });
  }
  const inTurn = batchesOf(plan).map((batch) => Math.max(...batch.map(secondsFor)));
  return {
    plan: hashPlan(plan),
    of: around.nodes.filter(({ noTargetBecause }) => noTargetBecause === null).length,
    seconds: Math.max(1, Math.round(inTurn.reduce((sum, seconds) => sum + seconds, 0))),
    links: [...links.values()],
    ...files,
  };
}

/** Bytes that one node gets. */
function sentTo({ steps }: Target): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'transfer' || step.kind === 'await' ? step.bytes : 0), 0);
}

/** How far it reaches, over which links, and who has its files open; a line each. */
export function besideLines(plan: Plan, beside: PlanBeside, spelling: Pick<Spelling, 'nodes' | 'text'>): string[] {
  return [[reachWords(plan, beside), ...beside.links.map(linkWords)].join(' · '), ...openWords(plan, beside, spelling)];
}

function reachWords({ targets }: Plan, { of }: PlanBeside): string {
  // The coordinator may be changed too, and gets no models.
  return of < targets.length
    ? `reaches ${count(targets.length, 'node')}`
    : `reaches ${targets.length} of ${count(of, 'node')}`;
}

function linkWords({ provider, nodes, bytes: most, mbit, assumed, seconds }: PlanBeside['links'][number]): string {
  const speed = `${mbit} Mbit/s${assumed ? ' (assumed)' : ''}`;
  return `${provider}: ${nodes === 1 ? '' : 'up to '}${bytes(most)} a node at ${speed}, ${duration(seconds * 1_000)}`;
}

function openWords(plan: Plan, { open, unsure }: PlanBeside, { nodes }: Pick<Spelling, 'nodes'>): string[] {
  const swapped = new Set(
    plan.targets.filter(({ steps }) => steps.some(({ kind }) => kind === 'transfer')).map(({ node }) => node),
  );
  const lines = open.map(({ node, models, processes }) => {
    const rest = swapped.has(node)
      ? `; ${processes === 1 ? 'it keeps' : 'they keep'} the old file until restarted`
      : '';
    return `${count(processes, 'process has', 'processes have')} ${joined(models)} open on ${nodes([node])}${rest}`;
  });
  if (unsure.length > 0) lines.push(`who has it open on ${nodes(unsure)} could not be told`);
  return lines;
}

/** Which of these nodes nobody uses: no process has a file of the plan open, and that is known. */
export function isIdle(node: NodeName, { open, unsure }: OpenFiles): boolean {
  return !unsure.includes(node) && !open.some((one) => one.node === node);
}
