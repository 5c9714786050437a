import { earlyWords } from '../domain/early.ts';
import type { Execution as Told } from '../domain/execution.ts';
import type { Incident } from '../domain/incident.ts';
import { incidentOf } from '../domain/incident.ts';
import type { IncidentId, RequestId } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Argv, Plan, Target } from '../domain/plan.ts';
import type { Receipt, TargetResult } from '../domain/receipt.ts';
import { lookAgain, runningKey, untouched } from './execute-plan.ts';
import { leaseKeys, withEarly } from './execute-target.ts';
import { cureOf } from './judge.ts';
import { expectedFor, type Kit, named } from './kit.ts';
import { overWords } from './node-lease.ts';
import { stopStanding } from './under-standing.ts';

/**
 * Finishes the story of executions whose worker died: nothing is run again. Touched nodes are measured by the plan's own checks:
 * clear is verified, anything else is lost and shown; untouched nodes were not started.
 */
export async function recoverExecutions(kit: Kit): Promise<void> {
  for (const id of await kit.ledger.unfinished()) {
    const incident = incidentOf(await kit.ledger.entries(id));
    if (incident === undefined) continue;
    for (const execution of incident.executions) {
      if (execution.finished === undefined && !(await kit.leases.held(runningKey(execution.receipt))))
        await finish(kit, incident, execution);
    }
  }
}

/** Ends a request whose job died before its first step: it counts as used, and the thread says that nothing was run. */
export async function abandonRequest(kit: Kit, incident: IncidentId, request: RequestId): Promise<void> {
  const state = incidentOf(await kit.ledger.entries(incident))?.prompts.find(
    (prompt) => prompt.request === request,
  )?.state;
  if (state !== 'authorized') return;
  await kit.journal.begin(request);
  const text = 'The worker was stopped before the first step. Nothing was run; ask for the plan again.';
  await kit.ledger.append(
    incident,
    { kind: 'refused', request, by: 'alert:worker', code: 'gone', text },
    { once: `abandoned:${request}` },
  );
}

async function finish(kit: Kit, incident: Incident, execution: Told): Promise<void> {
  const owner = `recover:${execution.receipt}`;
  if (!(await kit.leases.acquire(owner, owner, 120_000))) return;
  try {
    const plan = incident.plans.get(execution.plan);
    const prompt = incident.prompts.find(({ request }) => request === execution.request);
    if (plan === undefined || prompt === undefined)
      throw new Error(`execution ${execution.receipt} has no plan in its own incident`);
    const results: TargetResult[] = [];
    for (const target of plan.targets) results.push(await resultOf(kit, plan, execution, target));
    const { envelopes } = await kit.orders.standing();
    const envelope = prompt.standing === undefined ? undefined : envelopes.get(prompt.standing)?.envelope;
    const note = await stopStanding(kit, envelope, execution.receipt, results);
    const receipt: Receipt = {
      id: execution.receipt,
      incident: incident.id,
      plan: execution.plan,
      summary: plan.summary,
      requester: prompt.requester,
      approvers: [...prompt.approvedBy],
      ...(prompt.glass === undefined ? {} : { breakGlass: { by: prompt.glass.by, reason: prompt.glass.reason } }),
      startedAt: execution.startedAt,
      endedAt: kit.now().toISOString(),
      targets: results,
      ...(note === undefined ? {} : { note }),
    };
    await kit.ledger.append(incident.id, { kind: 'executed', receipt }, { once: `executed:${receipt.id}` });
    await lookAgain(kit, incident.id, plan);
  } finally {
    await kit.leases.release(owner, owner);
  }
}

async function resultOf(kit: Kit, plan: Plan, execution: Told, target: Target): Promise<TargetResult> {
  const told = execution.results.find(({ node }) => node === target.node);
  if (told !== undefined) return told;
  const isTouched = execution.touched.has(target.node);
  const early = await cleanUp(kit, execution, target, isTouched ? undefined : 'not_started');
  if (!isTouched) return untouched(target, 'not_started', withEarly('the worker was stopped before this node', early));
  const models = kit.models.filter(({ name }) => target.models.includes(name));
  const node = named(kit.inventory.current().nodes, target.node, 'node');
  const cure = await cureOf(kit, { plan, expected: await expectedFor(kit, models) }, node, target);
  if (cure.kind !== 'cured')
    return untouched(target, 'lost', `the worker was stopped on this node; looked again: ${cure.detail}`);
  await change(kit, node, kit.argvs.dropLease(node.modelsDir ?? '', execution.receipt, overWords('verified')));
  return untouched(target, 'verified', 'the worker was stopped on this node; looked again: the check is clear');
}

/**
 * Takes away what only a running step needs: its partial file and the lease on the node; and what came ahead of the node's turn, of which the
 * answer tells. `outcome`: how it ended, where that is known.
 */
async function cleanUp(
  kit: Kit,
  execution: Told,
  target: Target,
  outcome: TargetResult['outcome'] | undefined,
): Promise<string> {
  const node = named(kit.inventory.current().nodes, target.node, 'node');
  const discard = async ({
    step,
    temporary = '',
  }: {
    step: string;
    temporary?: string | undefined;
  }): Promise<boolean> => {
    const planned = target.steps.find(({ id }) => id === step);
    return planned?.kind === 'transfer' && change(kit, node, kit.argvs.discardTemporary(planned, temporary));
  };
  const here = <T extends { readonly node: string }>(all: ReadonlyMap<string, T>): T[] =>
    [...all.values()].filter((one) => one.node === target.node);
  for (const partial of here(execution.begun)) if (partial.temporary !== undefined) await discard(partial);
  const early = [];
  for (const { step, temporary } of here(execution.ahead))
    early.push({ temporary, discarded: await discard({ step, temporary }), seen: true });
  await change(kit, node, kit.argvs.dropLease(node.modelsDir ?? '', execution.receipt, overWords(outcome)));
  for (const key of leaseKeys(target)) await kit.leases.release(key, execution.receipt);
  return earlyWords(early);
}

/** False: nobody saw it done. */
async function change(kit: Kit, node: Node, [name = '', ...args]: Argv): Promise<boolean> {
  const action = kit.actions.get(name);
  if (action === undefined) throw new Error(`no change script is called ${name}`);
  const { script, timeoutMs } = action;
  const result = await kit.sessions.run(node, { name, script, args, timeoutMs, outputBytesMax: 65_536 });
  if (result.kind === 'ended' && result.code === 0) return true;
  kit.logger.warn({ node: node.name, action: name }, 'could not clean up after a stopped worker');
  return false;
}
