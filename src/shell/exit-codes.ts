import type { RefusalCode } from '../domain/fault.ts';

/** Exit codes of contract.md that are no outcome of a look or a change. */
export const EXIT = { usage: 2, denied: 3, approval: 5, bug: 70 } as const;

const DENIED: ReadonlySet<RefusalCode> = new Set([
  'denied',
  'self_approval',
  'observe_only',
  'changed_since',
  'no_way_back',
  'lease_held',
  'locked',
  'read_only',
  'cap_reached',
  'ceiling_reached',
  'inventory_differs',
]);
const OF_APPROVAL: ReadonlySet<RefusalCode> = new Set([
  'approval_missing',
  'approval_expired',
  'plan_ended',
  'plan_stale',
  'plan_altered',
  'request_used',
]);

/** With what the shell ends when this was the reason to refuse: 3 not allowed, 5 about the approval, 2 anything else. */
export function exitOf(code: RefusalCode): number {
  if (DENIED.has(code)) return EXIT.denied;
  return OF_APPROVAL.has(code) ? EXIT.approval : EXIT.usage;
}
