import type { Changes } from '../contract/changes.ts';
import type { Dispatch } from '../contract/dispatch.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Orders } from '../contract/orders.ts';
import type { OwnKey, OwnKeys, Signer } from '../contract/signing.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { RequestId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';

/** What the desk works with. */
export type DeskOptions = {
  readonly cluster: string;
  readonly ledger: Ledger;
  readonly orders: Orders;
  readonly changes: Pick<Changes, 'lately'>;
  readonly dispatch: Dispatch;
  readonly signer: Signer;
  /** The key of whoever decides here, where people have keys of their own. */
  readonly ownKey?: OwnKey | undefined;
  /** Judges the yes of people with keys of their own. */
  readonly ownKeys?: OwnKeys;
  readonly policy: () => Policy;
  readonly now: () => Date;
  readonly newRequestId: () => RequestId;
  readonly minutes: DeskMinutes;
};

/** How long a prompt stands when one or nobody else is needed, when two are, and how long an approved plan may wait for its first step. */
export type DeskMinutes = { readonly toApprove: number; readonly toApproveForTwo: number; readonly toRun: number };

/** A prompt with its plan and the incident that it is in. */
export type Found = { readonly incident: Incident; readonly prompt: Prompt; readonly plan: Plan };
