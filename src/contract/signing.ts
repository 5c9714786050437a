import type { Approval, OwnYes, SignedApproval } from '../domain/approval.ts';
import type { Grant, SignedGrant } from '../domain/envelope.ts';
import type { PersonId } from '../domain/names.ts';

/** Signs approvals with a key that the worker cannot read. */
export type Signer = {
  readonly name: string;
  sign(approval: Approval): SignedApproval;
  signGrant(grant: Grant): SignedGrant;
};

/** Judges signatures by public keys from files, never from Redis. */
export type Verifier = { valid(signed: SignedApproval): boolean; validGrant(signed: SignedGrant): boolean };

/** The key of a person who uses a shell on a shared Redis: what it signs is theirs, whoever hands it on. */
export type OwnKey = { readonly person: PersonId; prove(yes: OwnYes): string };

/** Judges what people with keys of their own have signed, by the public halves in medic.yaml. */
export type OwnKeys = { proved(yes: OwnYes, proof: string): boolean };
