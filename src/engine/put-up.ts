import type { ApprovalDesk } from '../contract/command.ts';
import { yesesNeeded } from '../domain/approval.ts';
import { isUnasked } from '../domain/asker.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { IncidentId, PersonId, RequestId } from '../domain/names.ts';
import { hashPlan, type Plan } from '../domain/plan.ts';
import type { PlanSince } from '../domain/plan-since.ts';
import { likenessOf, sinceLast } from '../domain/since-last.ts';
import { shortHash } from '../domain/wording.ts';
import type { DeskOptions } from './desk.ts';

/** Plans of the same kind that are looked through for the last one that was put up. */
const SEARCHED = 5;

/** Puts a plan up for approval. The very same plan in the same incident keeps its prompt, with the approvals that it has, until that one's own end. */
export async function putUp(
  options: DeskOptions,
  { incident, plan, requester, once }: Parameters<ApprovalDesk['request']>[0],
): Promise<RequestId | undefined> {
  const { ledger, minutes } = options;
  const hash = hashPlan(plan);
  const told = incidentOf(await ledger.entries(incident));
  // What nobody had asked for and a person asks for now is that person's: a request of its own.
  const goesOn = (prompt: Prompt): boolean => isUnasked(requester) || !isUnasked(prompt.requester);
  const stands = told?.prompts.find((prompt) => prompt.plan === hash && goesOn(prompt) && waits(prompt, options.now()));
  if (stands !== undefined) {
    const entry = await ledger.append(incident, { kind: 'renewed', request: stands.request, by: requester }, { once });
    return entry === undefined ? undefined : stands.request;
  }
  const needed = yesesNeeded(plan, requester, options.policy().approvals);
  const id = options.newRequestId();
  const toDecide = needed > 1 ? minutes.toApproveForTwo : minutes.toApprove;
  const notAfter = new Date(options.now().getTime() + toDecide * 60_000).toISOString();
  const since = await lastLike(options, told, plan);
  const entry = await ledger.append(
    incident,
    {
      kind: 'requested',
      request: id,
      plan: hash,
      requester,
      needed,
      notAfter,
      runMinutes: minutes.toRun,
      ...(since === undefined ? {} : { since }),
    },
    { once },
  );
  if (entry === undefined) return undefined;
  await supersede(options, { incident, request: id, plan, hash, madeAt: entry.at, by: requester });
  return id;
}

function waits({ state, notAfter }: Prompt, now: Date): boolean {
  return state === 'waiting' && now.getTime() <= Date.parse(notAfter);
}

/** How the plan differs from the last one of its kind that people were asked about. */
async function lastLike(
  { ledger, orders }: DeskOptions,
  told: Incident | undefined,
  plan: Plan,
): Promise<PlanSince | undefined> {
  const like = await ledger.ofLikeness(likenessOf(plan));
  const asked: { readonly prompt: Prompt; readonly plan: Plan }[] = [];
  for (const id of [...new Set(like.map(({ incident }) => incident))].slice(0, SEARCHED)) {
    const incident = incidentOf(await ledger.entries(id));
    const hashes = new Set(like.filter((one) => one.incident === id).map(({ hash }) => hash));
    for (const prompt of incident?.prompts ?? []) {
      const earlier = incident?.plans.get(prompt.plan);
      if (hashes.has(prompt.plan) && earlier !== undefined) asked.push({ prompt, plan: earlier });
    }
  }
  const last = asked.toSorted((a, b) => Date.parse(a.prompt.madeAt) - Date.parse(b.prompt.madeAt)).at(-1);
  if (last === undefined) return undefined;
  const { state, madeAt, ended } = last.prompt;
  const rejected = state === 'rejected' && ended?.by !== undefined ? { by: ended.by, reason: ended.why } : undefined;
  return sinceLast({ plan: last.plan, at: madeAt, state, ...(rejected === undefined ? {} : { rejected }) }, plan, {
    standing: await orders.standing(),
    refusals: told?.plannings.at(-1)?.refusals ?? [],
    look: told?.look,
  });
}

type Newer = {
  readonly incident: IncidentId;
  readonly request: RequestId;
  readonly plan: Plan;
  readonly hash: string;
  readonly madeAt: string;
  readonly by: PersonId;
};

/** A newer request ends older ones for the same plan wherever they were made, and in its own incident those of the same kind; only once it is there itself, so that one is always left. */
async function supersede({ ledger }: DeskOptions, newer: Newer): Promise<void> {
  const key = ({ madeAt, request }: Pick<Prompt, 'madeAt' | 'request'>) => `${madeAt} ${request}`;
  const likeness = likenessOf(newer.plan);
  for (const other of await ledger.pending()) {
    const incident = incidentOf(await ledger.entries(other));
    for (const prompt of incident?.prompts ?? []) {
      if (prompt.state !== 'waiting' || key(prompt) >= key(newer)) continue;
      const plan = incident?.plans.get(prompt.plan);
      const isSame = prompt.plan === newer.hash;
      const isLike = other === newer.incident && plan !== undefined && likenessOf(plan) === likeness;
      if (!isSame && !isLike) continue;
      const because = isSame
        ? `the same plan was asked for again${other === newer.incident ? '' : ` in ${newer.incident}`}`
        : `plan ${shortHash(newer.hash)} has taken its place`;
      await ledger.append(other, { kind: 'superseded', request: prompt.request, by: newer.by, because });
    }
  }
}
