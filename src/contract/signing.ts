import type { Approval, OwnYes, SignedApproval } from '../domain/approval.ts';
import type { Distrust } from '../domain/distrust.ts';
import type { Grant, SignedGrant } from '../domain/envelope.ts';
import type { PersonId } from '../domain/names.ts';
import type { Seal } from '../domain/trail.ts';
import type { Posted, Written } from '../domain/written.ts';

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

/** What the programs sign with keys of their own. */
type Signed = Written | Posted | Seal;

/** Signs what a program writes into ledger, orders and queues, and seals of the trail that it keeps, with a key of its own. */
export type Pen = { readonly key: string; sign(written: Signed): string };

/** Judges who wrote an entry, a job or a seal, by public halves from files; undefined: whoever it says. */
export type Hands = { distrust(written: Signed, signature: string): Distrust | undefined };

/** Who writes and who judges in one cluster. */
export type Signing = { readonly cluster: string; readonly pen: Pen; readonly hands: Hands };
