import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { OwnKey, OwnKeys, Signer, Verifier } from '../contract/signing.ts';
import { canonicalJson } from '../domain/digest.ts';
import { privateKey } from './approval-keys.ts';

/** Public halves of people's own keys as medic.yaml lists them: SPKI in base64, by name without `key:`. */
export type ShellKeys = Readonly<Record<string, string>>;

/** Judges what people with keys of their own have signed. */
export function createOwnKeys(shellKeys: ShellKeys): OwnKeys {
  return { proved: (yes, proof) => isSignedBy(publicKeyOf(shellKeys, yes.by), yes, proof) };
}

/** Judges approvals like `verifier`, and those that a person's own key signed. */
export function withOwnKeys(verifier: Verifier, shellKeys: ShellKeys): Verifier {
  return {
    valid: (signed) =>
      signed.key.startsWith('key:')
        ? isSignedBy(publicKeyOf(shellKeys, signed.key), signed.approval, signed.signature)
        : verifier.valid(signed),
    // A person's own key speaks for that person alone, and a standing approval is the word of two.
    validGrant: (signed) => verifier.validGrant(signed),
  };
}

/** The key of whoever owns this state folder, when medic.yaml lists its public half; it signs their own yes, and approvals by nobody but people with such keys. */
export function openOwnKey(stateDir: string, shellKeys: ShellKeys): (OwnKey & { readonly signer: Signer }) | undefined {
  const key = privateKey(stateDir, 'shell');
  const half = publicHalf(stateDir);
  const [name] = Object.entries(shellKeys).find(([, spki]) => spki === half) ?? [];
  if (name === undefined) return undefined;
  const person = `key:${name}`;
  const signed = (value: unknown): string => sign(null, Buffer.from(canonicalJson(value)), key).toString('base64');
  return {
    person,
    prove: signed,
    signer: {
      name: person,
      sign: (approval) => ({ approval, key: person, signature: signed(approval) }),
      signGrant: (grant) => ({ grant, key: person, signature: signed(grant) }),
    },
  };
}

/** The public half of the shell's key in this state folder, as medic.yaml wants it: SPKI in base64. Makes the key at first use. */
export function publicHalf(stateDir: string): string {
  const half = createPublicKey(privateKey(stateDir, 'shell'));
  return half.export({ type: 'spki', format: 'der' }).toString('base64');
}

/** The public half that medic.yaml lists for a person; undefined: none. */
export function publicKeyOf(shellKeys: ShellKeys, person: string): KeyObject | undefined {
  const name = person.replace(/^key:/, '');
  const spki = Object.hasOwn(shellKeys, name) ? shellKeys[name] : undefined;
  return spki === undefined
    ? undefined
    : createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
}

function isSignedBy(key: KeyObject | undefined, value: unknown, signature: string): boolean {
  return key !== undefined && verify(null, Buffer.from(canonicalJson(value)), key, Buffer.from(signature, 'base64'));
}
