import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Signer, Verifier } from '../contract/signing.ts';
import { Approval } from '../domain/approval.ts';
import { canonicalJson } from '../domain/digest.ts';
import { Grant } from '../domain/envelope.ts';

/**
 * The signer named `name` (`bot` or `shell`). Its Ed25519 key is made at first use in `stateDir/private/` (0700, file 0600); the public
 * half goes to `stateDir/public/<name>.pem`, which is all that a worker is given.
 */
export function openSigner(stateDir: string, name: 'bot' | 'shell'): Signer {
  const key = privateKey(stateDir, name);
  const signatureOf = (value: unknown): string => sign(null, Buffer.from(canonicalJson(value)), key).toString('base64');
  return {
    name,
    sign: (approval) => ({ approval, key: name, signature: signatureOf(approval) }),
    signGrant: (grant) => ({ grant, key: name, signature: signatureOf(grant) }),
  };
}

/** Judges signatures by the public keys in `folder`, read anew each time so that a signer may come later than the worker. */
export function openVerifier(folder: string): Verifier {
  const isSigned = (value: unknown, key: string, signature: string): boolean => {
    const known = publicKey(folder, key);
    return (
      known !== undefined && verify(null, Buffer.from(canonicalJson(value)), known, Buffer.from(signature, 'base64'))
    );
  };
  return {
    // Each is parsed as what it is to be: a signature over one kind of thing is none over another.
    valid: ({ approval, key, signature }) => Approval.safeParse(approval).success && isSigned(approval, key, signature),
    validGrant: ({ grant, key, signature }) => Grant.safeParse(grant).success && isSigned(grant, key, signature),
  };
}

/** Where the public halves are. */
export function publicKeyFolder(stateDir: string): string {
  return join(stateDir, 'public');
}

/** Names of the signers whose public halves lie in a folder; none where there is no folder. */
export function signersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => (file.endsWith('.pem') ? [file.slice(0, -'.pem'.length)] : []));
}

/** The private key `stateDir/private/<name>.pem`, made at first use; its public half is put where `placeOf` says, which is `stateDir/public/` for those that sign approvals. */
export function privateKey(
  stateDir: string,
  name: string,
  placeOf: (half: string) => string = () => join(publicKeyFolder(stateDir), `${name}.pem`),
): KeyObject {
  const folder = join(stateDir, 'private');
  const file = join(folder, `${name}.pem`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file))
    createOnce(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const key = createPrivateKey(readFileSync(file));
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const publicFile = placeOf(pem);
  mkdirSync(dirname(publicFile), { recursive: true, mode: 0o755 });
  if (!existsSync(publicFile) || readFileSync(publicFile, 'utf8') !== pem) replaceWhole(publicFile, pem);
  return key;
}

/** Writes beside and links: two processes that start at once end up with one whole key. */
function createOnce(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft);
  }
}

/** By rename, because a worker may read it at any moment. */
function replaceWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o644 });
  renameSync(draft, file);
}

/** A signer that this worker was given no key of, or whose file is no key, is nobody. */
function publicKey(folder: string, name: string): KeyObject | undefined {
  // Names come with the signature; only those of a listing may become paths.
  const file = existsSync(folder) ? readdirSync(folder).find((one) => one === `${name}.pem`) : undefined;
  if (file === undefined) return undefined;
  try {
    return createPublicKey(readFileSync(join(folder, file)));
  } catch {
    return undefined;
  }
}
