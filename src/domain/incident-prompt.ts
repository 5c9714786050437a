import type { Approval, Yes } from './approval.ts';
import type { EventOf } from './entry.ts';
import type { Instant, PersonId, ReceiptId, RequestId } from './names.ts';
import type { PlanHash } from './plan.ts';

export type PromptState =
  | 'waiting'
  | 'authorized'
  | 'running'
  | 'executed'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'refused';

/** A request for one plan and what became of it. */
export type Prompt = {
  readonly request: RequestId;
  readonly plan: PlanHash;
  readonly requester: PersonId;
  readonly needed: number;
  readonly notAfter: Instant;
  readonly madeAt: Instant;
  readonly state: PromptState;
  readonly approvedBy: readonly PersonId[];
  /** How each of them said yes, in their order; absent: nobody has. */
  readonly yeses?: readonly (Yes & { readonly by: PersonId })[];
  /** Who let it run without the approvals that it needs, when and why. */
  readonly glass?: { readonly by: PersonId; readonly at: Instant; readonly reason: string };
  /** Who has looked at that afterwards. */
  readonly reviewed?: { readonly by: PersonId; readonly at: Instant; readonly note: string };
  /** Who ended it, when and why, in words; absent while it waits or runs. */
  readonly ended?: { readonly by?: PersonId; readonly at: Instant; readonly why: string };
  readonly receipt?: ReceiptId;
};

/** What can happen to a request. */
export type PromptEvent = EventOf<
  'approved' | 'reviewed' | 'rejected' | 'expired' | 'superseded' | 'authorized' | 'refused' | 'execution_started'
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
    case 'approved':
      return prompt.approvedBy.includes(event.by) && event.breakGlass === undefined ? prompt : withYes(prompt, event);
    case 'rejected':
      return { ...prompt, state: 'rejected', ended: { by: event.by, at, why: event.reason } };
    case 'expired':
      return { ...prompt, state: 'expired', ended: { at, why: 'nobody decided in time' } };
    case 'superseded':
      return { ...prompt, state: 'superseded', ended: { at, why: event.because } };
    case 'authorized':
      return authorized(prompt, event.signed.approval, at);
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
function authorized(prompt: Prompt, { approvers, breakGlass }: Approval, at: Instant): Prompt {
  return {
    ...prompt,
    state: 'authorized',
    approvedBy: approvers,
    ...(breakGlass === undefined ? {} : { glass: { ...breakGlass, at } }),
  };
}
