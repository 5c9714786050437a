import type { Yes } from './approval.ts';
import type { EventOf } from './entry.ts';
import type { EnvelopeId } from './envelope.ts';
import type { Instant, PersonId, ReceiptId, RequestId } from './names.ts';
import type { PlanHash } from './plan.ts';
import type { PlanSince } from './plan-since.ts';
import type { PromptState } from './prompt-state.ts';

/** A request for one plan and what became of it. */
export type Prompt = {
  readonly request: RequestId;
  readonly plan: PlanHash;
  readonly requester: PersonId;
  readonly needed: number;
  readonly notAfter: Instant;
  /** How long the approved plan may wait for its first step, minutes. */
  readonly runMinutes?: number | undefined;
  readonly madeAt: Instant;
  readonly state: PromptState;
  readonly approvedBy: readonly PersonId[];
  /** How each of them said yes, in their order; absent: nobody has. */
  readonly yeses?: readonly (Yes & { readonly by: PersonId })[];
  /** Who let it run without the approvals that it needs, when and why. */
  readonly glass?: { readonly by: PersonId; readonly at: Instant; readonly reason: string };
  /** Who has looked at that afterwards. */
  readonly reviewed?: { readonly by: PersonId; readonly at: Instant; readonly note: string };
  /** Who asked for the same plan again while it waited. */
  readonly renewed: readonly { readonly by: PersonId; readonly at: Instant }[];
  /** Who ended it, when and why, in words; absent while it waits or runs. */
  readonly ended?: { readonly by?: PersonId; readonly at: Instant; readonly why: string };
  readonly receipt?: ReceiptId;
  /** The standing approval that it runs under. */
  readonly standing?: EnvelopeId;
  /** How it differs from the last plan of its kind; absent: there was none. */
  readonly since?: PlanSince | undefined;
};

/** What can happen to a request. */
export type PromptEvent = EventOf<
  | 'renewed'
  | 'approved'
  | 'reviewed'
  | 'rejected'
  | 'withdrawn'
  | 'expired'
  | 'superseded'
  | 'stale'
  | 'authorized'
  | 'refused'
  | 'execution_started'
>;

/** The one table of what may follow what in a prompt's life: an ended prompt never comes back. */
export function promptAfter(prompt: Prompt, event: PromptEvent, at: Instant): Prompt {
  if (event.kind === 'execution_started') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'running', receipt: event.receipt } : prompt;
  }
  if (event.kind === 'refused') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'refused', ended: { at, why: event.text } } : prompt;
  }
  if (event.kind === 'reviewed')
    return { ...prompt, reviewed: prompt.reviewed ?? { by: event.by, at, note: event.note } };
  if (prompt.state !== 'waiting') return prompt;
  switch (event.kind) {
    case 'renewed':
      return { ...prompt, renewed: [...prompt.renewed, { by: event.by, at }] };
    case 'approved':
      return prompt.approvedBy.includes(event.by) && event.breakGlass === undefined ? prompt : withYes(prompt, event);
    case 'rejected':
      return { ...prompt, state: 'rejected', ended: { by: event.by, at, why: event.reason } };
    case 'withdrawn':
      return { ...prompt, state: 'withdrawn', ended: { by: event.by, at, why: event.reason } };
    case 'expired':
      return { ...prompt, state: 'expired', ended: { at, why: lateWords(prompt) } };
    case 'superseded':
      return { ...prompt, state: 'superseded', ended: { ...by(event), at, why: event.because } };
    case 'stale':
      return { ...prompt, state: 'stale', ended: { at, why: event.because } };
    case 'authorized':
      return authorized(prompt, event, at);
  }
}

/** One person counts once; who breaks the glass after a usual yes has said so last. */
function withYes(prompt: Prompt, { by, channel, breakGlass, proof }: EventOf<'approved'>): Prompt {
  const yes = {
    by,
    ...(channel === undefined ? {} : { channel }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(proof === undefined ? {} : { proof }),
  };
  const others = (prompt.yeses ?? []).filter((one) => one.by !== by);
  return { ...prompt, approvedBy: [...new Set([...prompt.approvedBy, by])], yeses: [...others, yes] };
}

/** From here on the signed approval says who said yes and how. */
function authorized(prompt: Prompt, { signed, grant }: EventOf<'authorized'>, at: Instant): Prompt {
  const { approvers, breakGlass } = signed.approval;
  return {
    ...prompt,
    state: 'authorized',
    approvedBy: approvers,
    ...(breakGlass === undefined ? {} : { glass: { ...breakGlass, at } }),
    ...(grant === undefined ? {} : { standing: grant.grant.envelope.id }),
  };
}

function by({ by: person }: { readonly by?: PersonId | undefined }): { by?: PersonId } {
  return person === undefined ? {} : { by: person };
}

function lateWords({ approvedBy, requester, needed }: Prompt): string {
  const have = approvedBy.filter((person) => person !== requester).length;
  return have === 0 ? 'nobody decided in time' : `${have} of ${needed} approvals in time`;
}
