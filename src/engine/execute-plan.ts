import type { ExecuteJob } from '../contract/dispatch.ts';
import type { Envelope } from '../domain/envelope.ts';
import { holds } from '../domain/expected.ts';
import type { IncidentId, PersonId, ReceiptId } from '../domain/names.ts';
import { batchesOf, isLead, type Plan, type Target } from '../domain/plan.ts';
import { outcomeOf, type Receipt, type TargetResult } from '../domain/receipt.ts';
import { aheadOf } from '../domain/relay.ts';
import { createBytesAhead } from './bytes-ahead.ts';
import { cancelledBy, whyStopped } from './cancels.ts';
import { executeTarget, replan, withEarly } from './execute-target.ts';
import { type Execution, expectedFor, type Kit, named } from './kit.ts';
import { expectedAfter } from './move-record.ts';
import { pairCheck } from './pair-check.ts';
import { createRelayBoard } from './relay-board.ts';
import { lookAndTell } from './run-check.ts';
import { stopAfterFailures } from './stop-after-failures.ts';
import { stopStanding } from './under-standing.ts';
import { overCaps } from './within-caps.ts';

/** How long an execution's mark lasts without renewal; after it another worker may call it lost (ms). */
const RUNNING_TTL_MS = 15_000;

/** Runs an approved plan at most once: judges the approval again, notes the request as used, changes node by node, verifies, leaves a receipt. */
export async function executePlan(kit: Kit, job: ExecuteJob, stopping: AbortSignal): Promise<void> {
  const { incident, plan, signed } = job;
  const { request, requester } = signed.approval;
  const refusal = await pairCheck(kit, job);
  if (refusal !== undefined) {
    // Whoever sends a used request again must not end the story of the run that used it.
    const ended = refusal.code === 'request_used' ? {} : { request };
    await kit.ledger.append(incident, { kind: 'refused', ...ended, by: requester, ...refusal });
    return;
  }
  const receipt = kit.newReceiptId();
  const signal = AbortSignal.any([stopping, kit.cancels.signalFor(receipt)]);
  await kit.leases.acquire(runningKey(receipt), receipt, RUNNING_TTL_MS);
  const renewal = setInterval(() => void renew(kit, receipt), RUNNING_TTL_MS / 3);
  try {
    // Workers may not share a state folder; the ledger makes sure that one request begins once among them too.
    const begun = await kit.ledger.append(
      incident,
      { kind: 'execution_started', receipt, request, plan: signed.approval.plan },
      { once: `execution:${request}` },
    );
    if (begun === undefined) return;
    const startedAt = kit.now().toISOString();
    const envelope = signed.approval.standing === undefined ? undefined : job.grant?.grant.envelope;
    const results = await runTargets(kit, { incident, receipt, plan, signal, envelope });
    const notes = [await stopAfterFailures(kit, receipt, results), await stopStanding(kit, envelope, receipt, results)];
    const note = notes.filter((one) => one !== undefined).join(' ') || undefined;
    await writeReceipt(kit, job, { receipt, startedAt, results, by: cancelledBy(signal), note });
    await lookAgain(kit, incident, plan);
  } finally {
    clearInterval(renewal);
    kit.cancels.forget(receipt);
    await kit.leases.release(runningKey(receipt), receipt);
  }
}

/** Names the mark of a running execution, among the leases. */
export function runningKey(receipt: ReceiptId): string {
  return `running:${receipt}`;
}

async function renew(kit: Kit, receipt: ReceiptId): Promise<void> {
  try {
    await kit.leases.acquire(runningKey(receipt), receipt, RUNNING_TTL_MS);
  } catch (error) {
    kit.logger.warn({ receipt, error }, 'could not renew the mark of a running execution');
  }
}

type Run = {
  readonly incident: IncidentId;
  readonly receipt: ReceiptId;
  readonly plan: Plan;
  readonly signal: AbortSignal;
  /** The standing approval that it runs under. */
  readonly envelope: Envelope | undefined;
};

async function runTargets(kit: Kit, run: Run): Promise<TargetResult[]> {
  const execution = await prepare(kit, run);
  const drift = await driftOf(kit, execution);
  if (drift !== undefined)
    return end(
      kit,
      run,
      run.plan.targets.map((target) => untouched(target, 'skipped', drift)),
    );
  try {
    return await runBatches(kit, run, execution);
  } finally {
    await Promise.all(run.plan.targets.map((target) => execution.ahead.leave(target)));
  }
}

async function runBatches(kit: Kit, run: Run, execution: Execution): Promise<TargetResult[]> {
  const { relays, ahead } = execution;
  const early = aheadOf(run.plan);
  const results: TargetResult[] = [];
  for (const [index, batch] of batchesOf(run.plan).entries()) {
    const nodes = batch.map(({ node }) => node);
    const stop = stopReason(results, run, kit.draining) ?? (await overCaps(kit, run.plan, nodes))?.text;
    if (stop === undefined) {
      relays.begin([...batch, ...(early[index] ?? [])]);
      ahead.begin(execution, early[index] ?? []);
      results.push(...(await Promise.all(batch.map((target) => executeTarget(kit, execution, target)))));
    } else {
      const left = async (target: Target): Promise<TargetResult> => {
        relays.left(target);
        return untouched(target, 'not_started', withEarly(stop, await ahead.leave(target)));
      };
      results.push(...(await end(kit, run, await Promise.all(batch.map(left)))));
    }
  }
  return results;
}

async function prepare(kit: Kit, run: Run): Promise<Execution> {
  const repair = named(kit.repairs, run.plan.repair, 'repair');
  const models = kit.models.filter(({ name }) => run.plan.targets.some((target) => target.models.includes(name)));
  return {
    ...run,
    repair,
    arrivals: { lastMs: 0 },
    relays: createRelayBoard(run.plan, () => kit.inventory.current().nodes),
    ahead: createBytesAhead(kit),
    expected: await expectedFor(kit, models, { copies: repair.copies === true }),
  };
}

/** Above the drift limit nothing runs. Nodes that are right already are no drift; a changed source voids everything. */
async function driftOf(kit: Kit, execution: Execution): Promise<string | undefined> {
  const { plan } = execution;
  const expected = expectedAfter(plan, execution.expected);
  for (const [model, { node, digest }] of Object.entries(plan.source)) {
    const now = expected.get(model);
    if (now?.record.current?.digest !== digest)
      return `the expected digest of ${model} changed after the plan was made`;
    if (!holds(now, node, digest)) return `the source of ${model} is no longer good`;
  }
  const seen = await Promise.all(plan.targets.map((target) => replan(kit, execution, target)));
  const moved = plan.targets.filter((_, index) => seen[index]?.kind === 'moved');
  const decider = moved.find(isLead);
  if (decider !== undefined) return `${decider.node} or the record changed after the plan was made`;
  if (moved.length <= Math.max(1, Math.floor((plan.targets.length * kit.driftPercent) / 100))) return undefined;
  return `${moved.length} of ${plan.targets.length} nodes changed after the plan was made (${moved.map(({ node }) => node).join(', ')}): above the drift limit nothing runs`;
}

const RIGHT = new Set(['verified', 'already_right']);

/** A node that had moved on its own is listed and left; every other ending that is not right counts against the budget. */
function stopReason(
  results: readonly TargetResult[],
  { plan, signal }: Run,
  draining: AbortSignal | undefined,
): string | undefined {
  const ended = [signal, draining].find((one) => one?.aborted === true);
  if (ended !== undefined) return whyStopped(ended);
  const deciders = new Set(plan.targets.filter(isLead).map(({ node }) => node));
  const failed = results.filter(
    ({ node, outcome }) => !RIGHT.has(outcome) && (outcome !== 'skipped' || deciders.has(node)),
  );
  if (failed.length <= plan.failureBudget) return undefined;
  return `stopped after ${failed.map(({ node, outcome }) => `${node}: ${outcome.replaceAll('_', ' ')}`).join(', ')}`;
}

/** A target on which nothing was done. */
export function untouched(target: Target, outcome: TargetResult['outcome'], detail: string): TargetResult {
  return { node: target.node, outcome, detail: detail.slice(0, 500), before: [], after: [], ms: 0 };
}

async function end(kit: Kit, { incident, receipt }: Run, results: TargetResult[]): Promise<TargetResult[]> {
  for (const result of results) await kit.ledger.append(incident, { kind: 'target_ended', receipt, result });
  return results;
}

async function writeReceipt(
  kit: Kit,
  { incident, plan, signed }: ExecuteJob,
  done: {
    receipt: ReceiptId;
    startedAt: string;
    results: TargetResult[];
    by: PersonId | undefined;
    note: string | undefined;
  },
): Promise<void> {
  const { approval } = signed;
  const receipt: Receipt = {
    id: done.receipt,
    incident,
    plan: approval.plan,
    summary: plan.summary,
    requester: approval.requester,
    approvers: approval.approvers,
    startedAt: done.startedAt,
    endedAt: kit.now().toISOString(),
    targets: done.results,
    ...(approval.breakGlass === undefined ? {} : { breakGlass: approval.breakGlass }),
    ...(done.note === undefined ? {} : { note: done.note }),
    // A wish that came too late has cancelled nothing.
    ...(done.by === undefined || outcomeOf({ targets: done.results }) === 'done' ? {} : { cancelledBy: done.by }),
  };
  await kit.ledger.append(incident, { kind: 'executed', receipt }, { once: `executed:${receipt.id}` });
}

/** Looks at the incident's whole scope again, so that its first line tells how things stand now. */
export async function lookAgain(kit: Kit, incident: IncidentId, plan: Pick<Plan, 'targets'>): Promise<void> {
  const opened = (await kit.ledger.entries(incident))[0]?.event;
  if (opened?.kind !== 'opened')
    throw new Error(`${incident} has no beginning (${plan.targets.length} targets were changed)`);
  const current = kit.inventory.current();
  const nodes = opened.scope.nodes.filter((name) => current.nodes.some((node) => node.name === name));
  if (nodes.length > 0)
    await lookAndTell(kit, { incident, scope: { ...opened.scope, nodes }, fresh: false, inventory: current.digest });
}
