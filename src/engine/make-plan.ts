import type { PlanJob } from '../contract/dispatch.ts';
import type { LookContext, Repair } from '../contract/job.ts';
import { besideOf, type PlanBeside } from '../domain/beside.ts';
import type { EventOf, Wish } from '../domain/entry.ts';
import type { Expected } from '../domain/expected.ts';
import { Fault } from '../domain/fault.ts';
import type { Finding } from '../domain/finding.ts';
import type { Model } from '../domain/model.ts';
import type { ModelName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { isLead, type Params, type Plan } from '../domain/plan.ts';
import { type Kit, named } from './kit.ts';
import { leaveLocked } from './leave-locked.ts';
import { contextFor } from './look.ts';
import { openFiles } from './open-files.ts';
import { planOf } from './plan-of.ts';
import { lookAndTell, messageOf } from './run-check.ts';

type PlanRefusal = EventOf<'planned'>['refusals'][number];

/** Looks, and makes one plan a cause and risk for what was found; the ledger gets the plans and every refusal with its reason. */
export async function makePlans(
  kit: Kit,
  { incident, scope, by, inventory, wish, anyway, dry }: PlanJob,
): Promise<void> {
  await kit.ledger.append(incident, { kind: 'plan_started', by });
  try {
    const copies = wish !== undefined && named(kit.repairs, wish.repair, 'repair').copies === true;
    const look = { incident, scope, fresh: false, inventory, copies };
    const { report, expected, nodes, models } = await lookAndTell(kit, look);
    const there = wish?.nodes === undefined ? nodes : nodes.filter(({ name }) => wish.nodes?.includes(name));
    const looked = { findings: report.findings, nodes: there, models };
    const free = leaveLocked(await kit.orders.standing(), looked, wish !== undefined);
    const around = { expected, nodes: free.nodes, models: free.models };
    const made = await (wish === undefined ? plansToCure(kit, free.findings, around) : plansWished(kit, wish, around));
    const plans = made.flatMap(({ plan }) => (plan === undefined ? [] : [plan]));
    const refusals = [
      ...free.refusals,
      ...(wish === undefined ? helpless(kit, free.findings, expected, models) : []),
      ...made.flatMap((one) => one.refusals),
    ];
    await kit.ledger.append(incident, {
      kind: 'planned',
      by,
      plans,
      refusals: foldRefusals(refusals),
      ...(anyway === undefined ? {} : { anyway }),
      ...(dry === undefined ? {} : { dry }),
      beside: made.flatMap(({ beside }) => beside ?? []),
      ...(wish === undefined ? {} : { wish }),
    });
  } catch (error) {
    await kit.ledger.append(incident, { kind: 'plan_failed', detail: messageOf(error) });
    throw error;
  }
}

type Made = {
  readonly plan: Plan | undefined;
  readonly beside?: PlanBeside;
  readonly refusals: readonly PlanRefusal[];
};

/** One plan for each repair that something needs. */
function plansToCure(kit: Kit, findings: readonly Finding[], around: Surroundings): Promise<Made[]> {
  const wishes = wishesOf(kit, findings, around.expected, around.models);
  return Promise.all(
    kit.repairs.flatMap((repair) => {
      const perNode = [...(wishes.get(repair.name) ?? [])].map(([node, cures]) => ({
        node,
        cures,
        models: modelsOf(cures, around.models),
      }));
      return perNode.length === 0 ? [] : [planFor(kit, repair, {}, perNode, around)];
    }),
  );
}

/** One plan for the repair that a person named, on every node of the scope; the repair itself says what it cures. */
async function plansWished(kit: Kit, wish: Wish, around: Surroundings): Promise<Made[]> {
  const repair = named(kit.repairs, wish.repair, 'repair');
  if (around.models.length === 0) return [];
  const perNode = around.nodes.map(({ name }) => ({ node: name, models: around.models }));
  return [await planFor(kit, repair, wish.params, perNode, around)];
}

/** Repair name -> node name -> findings that it is to cure there. */
type Wishes = Map<string, Map<string, Finding[]>>;

function wishesOf(
  kit: Kit,
  findings: readonly Finding[],
  expected: ReadonlyMap<ModelName, Expected>,
  models: readonly Model[],
): Wishes {
  const wishes: Wishes = new Map();
  for (const group of groupsOf(findings)) {
    const repair = kit.chooseRepair(group, expectationFor(group, expected, models));
    const [first] = group;
    if (repair === undefined || first === undefined) continue;
    const byNode = wishes.get(repair) ?? new Map<string, Finding[]>();
    byNode.set(first.node, [...(byNode.get(first.node) ?? []), ...group]);
    wishes.set(repair, byNode);
  }
  return wishes;
}

/** Findings that no repair cures are said, so that nobody waits for a plan that will not come. */
function helpless(
  kit: Kit,
  findings: readonly Finding[],
  expected: ReadonlyMap<ModelName, Expected>,
  models: readonly Model[],
): PlanRefusal[] {
  return groupsOf(findings)
    .filter((group) => kit.chooseRepair(group, expectationFor(group, expected, models)) === undefined)
    .flatMap((group) => group.slice(0, 1))
    .map(helplessWords);
}

function helplessWords({ code, node, model, title }: Finding): PlanRefusal {
  const nodes = [node];
  if (code === 'model_in_flight')
    return { code, text: `${title}. Nothing is repaired meanwhile; ask again in a minute.`, nodes };
  if (code === 'digest_disputed')
    return { code, text: `${title}. Say which is right, as in pin ${model ?? ''} <digest>.`.slice(0, 500), nodes };
  return { code: 'gone', text: `No repair for “${title}”: a person has to look.`, nodes };
}

/** Findings about one model on one node belong together: curing one may cure the other. What is about the node itself stands alone. */
function groupsOf(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.node, finding.model ?? finding.code]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

/** A finding about a whole node is judged by any model: what matters is whether there is a source at all. */
function expectationFor(
  group: readonly Finding[],
  expected: ReadonlyMap<ModelName, Expected>,
  models: readonly Model[],
): Expected {
  const name = group[0]?.model ?? models[0]?.name ?? '';
  const found = expected.get(name);
  if (found === undefined) throw new Error(`nothing is expected of ${name}`);
  return found;
}

type Surroundings = { expected: ReadonlyMap<ModelName, Expected>; nodes: readonly Node[]; models: readonly Model[] };

/** What a plan is to do on one node: for these models, against these findings. */
type NodeWish = { readonly node: string; readonly cures?: readonly Finding[]; readonly models: readonly Model[] };

async function planFor(
  kit: Kit,
  repair: Repair,
  params: Params,
  wishes: readonly NodeWish[],
  around: Surroundings,
): Promise<Made> {
  const outcomes = await Promise.all(
    wishes.map(async ({ node: name, cures, models }) => {
      const node = named(around.nodes, name, 'node');
      const context = contextFor(node, { ...kit, models, expected: around.expected, fresh: false, params });
      const ids = cures?.map(({ id }) => id);
      return { node: name, context, outcome: await planTarget(kit, repair, context, ids) };
    }),
  );
  const planned = outcomes.flatMap(({ outcome, context }) =>
    outcome.kind === 'steps' ? [{ target: outcome.target, context }] : [],
  );
  const targets = planned.map(({ target }) => target);
  const refusals = outcomes.flatMap(({ node, outcome }): PlanRefusal[] =>
    outcome.kind === 'refused' ? [{ ...outcome.refusal, nodes: [node] }] : [],
  );
  const leads = targets.filter(isLead).length;
  const isWhole = repair.leads !== true || (leads > 0 && leads < targets.length);
  if (targets.length === 0 || !isWhole) return { plan: undefined, refusals };
  const files = await openFiles(kit, planned);
  const { nodes } = kit.inventory.current();
  const plan = planOf(kit, repair, params, targets, { nodes, files });
  return { plan, beside: besideOf(plan, files, { nodes, nodeMbit: kit.nodeMbit }), refusals };
}

/** A finding about the whole node concerns every model that was looked at. */
function modelsOf(findings: readonly Finding[], models: readonly Model[]): readonly Model[] {
  if (findings.some(({ model }) => model === undefined)) return models;
  return models.filter(({ name }) => findings.some(({ model }) => model === name));
}

/** What the repair says about one node now, with the findings that it is to cure: those that were asked for, or those that it names. A node that does not answer is refused with its reason. */
export async function planTarget(
  kit: Kit,
  repair: Repair,
  context: LookContext,
  cures: readonly string[] | undefined,
): Promise<Awaited<ReturnType<Repair['plan']>> | { kind: 'unreachable'; detail: string }> {
  try {
    const outcome = await repair.plan(context);
    return outcome.kind === 'steps'
      ? { kind: 'steps', target: { ...outcome.target, cures: (cures ?? outcome.target.cures).toSorted() } }
      : outcome;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    kit.logger.info({ node: context.node.name, reason: error.reason }, 'node gave no answer while it was planned for');
    return { kind: 'unreachable', detail: `${error.reason}: ${error.message}` };
  }
}

/** The same refusal on many nodes is one line. */
function foldRefusals(refusals: readonly PlanRefusal[]): PlanRefusal[] {
  const byText = new Map<string, PlanRefusal>();
  for (const refusal of refusals) {
    const known = byText.get(refusal.text);
    byText.set(
      refusal.text,
      known === undefined ? refusal : { ...known, nodes: [...new Set([...known.nodes, ...refusal.nodes])] },
    );
  }
  return [...byText.values()];
}
