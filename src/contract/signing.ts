import type { Approval, SignedApproval } from '../domain/approval.ts';

/** Signs approvals with a key that the worker cannot read. */
export type Signer = { readonly name: string; sign(approval: Approval): SignedApproval };

/** Judges signatures by public keys from files, never from Redis. */
export type Verifier = { valid(signed: SignedApproval): boolean };
