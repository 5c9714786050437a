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
  /** Who ended it, when and why, in words; absent while it waits or runs. */
  readonly ended?: { readonly by?: PersonId; readonly at: Instant; readonly why: string };
  readonly receipt?: ReceiptId;
};

/** What can happen to a request. */
export type PromptEvent = EventOf<
  'approved' | 'rejected' | 'expired' | 'superseded' | 'authorized' | 'refused' | 'execution_started'
>;

/** The one table of what may follow what in a prompt's life: an ended prompt never comes back. */
export function promptAfter(prompt: Prompt, event: PromptEvent, at: Instant): Prompt {
  if (event.kind === 'execution_started') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'running', receipt: event.receipt } : prompt;
  }
  if (event.kind === 'refused') {
    return prompt.state === 'authorized' ? { ...prompt, state: 'refused', ended: { at, why: event.text } } : prompt;
  }
  if (prompt.state !== 'waiting') return prompt;
  switch (event.kind) {
    case 'approved':
      return { ...prompt, approvedBy: [...new Set([...prompt.approvedBy, event.by])] };
    case 'rejected':
      return { ...prompt, state: 'rejected', ended: { by: event.by, at, why: event.reason } };
    case 'expired':
      return { ...prompt, state: 'expired', ended: { at, why: 'nobody decided in time' } };
    case 'superseded':
      return { ...prompt, state: 'superseded', ended: { at, why: event.because } };
    case 'authorized':
      return { ...prompt, state: 'authorized', approvedBy: event.signed.approval.approvers };
  }
}
