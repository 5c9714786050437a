import type { SignedApproval } from '../domain/approval.ts';
import type { Entry } from '../domain/entry.ts';
import type { Execution } from '../domain/execution.ts';
import { sameKey } from '../domain/host-key.ts';
import { incidentOf } from '../domain/incident.ts';
import type { IncidentId } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { Plan, PlanHash, Step } from '../domain/plan.ts';
import { likenessOf } from '../domain/since-last.ts';
import { TRUST } from '../domain/trust.ts';
import type { Kit } from './kit.ts';
import { refusedHere } from './pair-check.ts';

/** Older ones are for whoever prepares the worker's known_hosts (ms). */
const LEARN_FOR_MS = 7 * 24 * 3_600_000;

/** What a worker needs to take over a host key: its own known_hosts, keys and memory, and the ledger. */
export type LearningKit = Pick<
  Kit,
  | 'cluster'
  | 'ledger'
  | 'orders'
  | 'inventory'
  | 'hostKeys'
  | 'journal'
  | 'verifier'
  | 'ownKeys'
  | 'policy'
  | 'ceilings'
  | 'frozen'
  | 'now'
  | 'logger'
> & { readonly digests: Pick<Kit['digests'], 'forget'> };

type Trusted = {
  readonly plan: Plan;
  readonly signed: SignedApproval;
  /** When the bot handed the approved plan over, milliseconds since the epoch. */
  readonly approvedAtMs: number;
  readonly execution: Execution;
};

/**
 * Lets a worker know nodes by the host keys that people approved and another worker has taken: the same approved plan, judged here by this
 * worker's own keys, into its own known_hosts. What cannot be judged now is tried again at the next call; nothing is done twice.
 */
export function createKeyLearner(kit: LearningKit): () => Promise<void> {
  const [said, settled] = [new Set<string>(), new Set<string>()];
  const learnFrom = async (plan: PlanHash, incident: IncidentId) => {
    for (const run of trustedIn(await kit.ledger.entries(incident), plan)) {
      const isOld = run.approvedAtMs < kit.now().getTime() - LEARN_FOR_MS;
      if (isOld || (await kit.journal.begun(run.signed.approval.request))) settled.add(plan + incident);
      else {
        const trouble = await learn(kit, run);
        if (trouble !== undefined && !said.has(incident + trouble)) kit.logger.warn({ incident, plan }, trouble);
        if (trouble !== undefined) said.add(incident + trouble);
      }
    }
  };
  return async () => {
    if ((await kit.frozen()) !== undefined) return;
    const plans = await kit.ledger.ofLikeness(likenessOf({ repair: TRUST, targets: [] }));
    // In the order in which they were made, so that the last of two keys counts.
    for (const { hash, incident } of plans.toReversed())
      if (!settled.has(hash + incident)) await learnFrom(hash, incident);
  };
}

/** Runs of this plan that ended well somewhere, with the approval that they ran by. */
function trustedIn(entries: readonly Entry[], hash: PlanHash): Trusted[] {
  const incident = incidentOf(entries);
  const plan = incident?.plans.get(hash);
  if (incident === undefined || plan === undefined) return [];
  const authorized = entries.flatMap(({ event, at }) =>
    event.kind === 'authorized' ? [{ signed: event.signed, approvedAtMs: Date.parse(at) }] : [],
  );
  return incident.executions.flatMap((execution) => {
    const by = authorized.find(({ signed }) => signed.approval.request === execution.request);
    return by === undefined || execution.plan !== hash || execution.finished === undefined
      ? []
      : [{ plan, execution, ...by }];
  });
}

/** Does what the plan says in this worker's known_hosts, or says why not. */
async function learn(
  kit: LearningKit,
  { plan, signed, approvedAtMs, execution }: Trusted,
): Promise<string | undefined> {
  const { approval } = signed;
  if (!kit.verifier.valid(signed)) return 'a host key was trusted by an approval that this worker cannot verify';
  const standing = await kit.orders.standing();
  const refusal = refusedHere(kit, plan, signed, { standing, changes: [], nowMs: approvedAtMs, used: false });
  if (refusal !== undefined) return `a host key that another worker trusts is not taken: ${refusal.text}`;
  for (const { node: name, steps } of plan.targets) {
    if (!execution.results.some(({ node, outcome }) => node === name && outcome === 'verified')) continue;
    const node = kit.inventory.current().nodes.find((one) => one.name === name);
    if (node === undefined) continue;
    for (const step of steps) {
      const trouble = step.kind === 'trust' ? await learnStep(kit, node, step, execution) : undefined;
      if (trouble !== undefined) return trouble;
    }
  }
  await kit.journal.begin(approval.request);
  return undefined;
}

/** Only from where the plan began: a key that a person or a later plan wrote here stays. */
async function learnStep(
  kit: LearningKit,
  node: Node,
  { key, withdrawn }: Extract<Step, { kind: 'trust' }>,
  { receipt }: Execution,
): Promise<string | undefined> {
  const { answers, recorded } = await kit.hostKeys.look(node);
  const shown = answers.flatMap((answer) => (answer.kind === 'shown' ? [answer] : []));
  if (shown.length === 0)
    return `${node.name} shows this worker no host key: the one that was trusted is not taken yet`;
  if (shown.some((one) => !sameKey(one.key, key)))
    return `${node.name} shows this worker another host key than the one that was trusted`;
  if (shown.some(({ verdict }) => verdict === 'revoked'))
    return `the host key of ${node.name} that was trusted is withdrawn in this worker's known_hosts`;
  if (recorded.some((old) => !sameKey(old, key) && !withdrawn.some((one) => sameKey(one, old))))
    return `this worker's known_hosts has a key of ${node.name} that the approved plan does not name`;
  const trouble = await kit.hostKeys.trust(node, { key, withdrawn, receipt });
  if (trouble !== undefined) return trouble;
  await kit.digests.forget(node.name);
  kit.logger.info({ node: node.name, receipt }, 'took the host key that people approved');
  return undefined;
}
