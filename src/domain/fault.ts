import { z } from 'zod';

/** Why something about a node could not be told. Never shown as missing and never as fine. */
export const UnknownReason = z.enum([
  'dns',
  'refused',
  'timeout',
  'auth',
  'host_key_changed',
  'host_key_unknown',
  'channel_refused',
  'lost',
  'no_tool',
  'no_folder',
  'parse',
  'permission',
  'too_much_output',
  'cancelled',
  'no_record',
]);
export type UnknownReason = z.infer<typeof UnknownReason>;

/** Why a wish of a person, or a plan, was not carried out. Every code is explained in ERRORS.md. */
export const RefusalCode = z.enum([
  'usage',
  'command_unknown',
  'node_unknown',
  'node_inactive',
  'node_untrusted',
  'node_set_empty',
  'node_set_invalid',
  'model_unknown',
  'check_unknown',
  'plan_unknown',
  'plan_ambiguous',
  'plan_ended',
  'plan_stale',
  'plan_altered',
  'host_key_doubtful',
  'receipt_unknown',
  'changed_since',
  'no_way_back',
  'incident_unknown',
  'on_hold',
  'denied',
  'forbidden',
  'self_approval',
  'already_approved',
  'approval_missing',
  'approval_expired',
  'approval_forged',
  'request_used',
  'wrong_cluster',
  'observe_only',
  'inventory_differs',
  'mount_suspect',
  'source_bad',
  'digest_disputed',
  'digest_unknown',
  'model_in_flight',
  'disk_low',
  'no_tool',
  'not_writable',
  'canonical_in_the_way',
  'clock_skewed',
  'lease_held',
  'locked',
  'lock_unknown',
  'read_only',
  'cap_reached',
  'ceiling_reached',
  'outside_standing',
  'standing_unknown',
  'gone',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

/** A refusal as a value: what was refused and what would be right, in one or two sentences for the person who asked. */
export const Refusal = z.strictObject({ code: RefusalCode, text: z.string().min(1) });
export type Refusal = z.infer<typeof Refusal>;

/** An expected failure while a node is asked something; becomes `unknown` with its reason. */
export class Fault extends Error {
  readonly reason: UnknownReason;
  constructor(reason: UnknownReason, detail: string) {
    super(detail);
    this.name = 'Fault';
    this.reason = reason;
  }
}
