import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signer, Verifier } from '../contract/signing.ts';
import { canonicalJson } from '../domain/digest.ts';

/**
 * The signer named `name` (`bot` or `shell`). Its Ed25519 key is made at first use in `stateDir/private/` (0700, file 0600); the public
 * half goes to `stateDir/public/<name>.pem`, which is all that a worker is given.
 */
export function openSigner(stateDir: string, name: 'bot' | 'shell'): Signer {
  const key = privateKey(stateDir, name);
  return {
    name,
    sign: (approval) => ({
      approval,
      key: name,
      signature: sign(null, Buffer.from(canonicalJson(approval)), key).toString('base64'),
    }),
  };
}

/** Judges signatures by the public keys in `folder`, read anew each time so that a signer may come later than the worker. */
export function openVerifier(folder: string): Verifier {
  return {
    valid({ approval, key, signature }) {
      const publicKey = publicKeys(folder).get(key);
      return (
        publicKey !== undefined &&
        verify(null, Buffer.from(canonicalJson(approval)), publicKey, Buffer.from(signature, 'base64'))
      );
    },
  };
}

/** Where the public halves are. */
export function publicKeyFolder(stateDir: string): string {
  return join(stateDir, 'public');
}

function privateKey(stateDir: string, name: string): KeyObject {
  const folder = join(stateDir, 'private');
  const file = join(folder, `${name}.pem`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file))
    createOnce(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const key = createPrivateKey(readFileSync(file));
  mkdirSync(publicKeyFolder(stateDir), { recursive: true, mode: 0o755 });
  const publicFile = join(publicKeyFolder(stateDir), `${name}.pem`);
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  if (!existsSync(publicFile) || readFileSync(publicFile, 'utf8') !== pem)
    writeFileSync(publicFile, pem, { mode: 0o644 });
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

function publicKeys(folder: string): Map<string, KeyObject> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((file) => file.endsWith('.pem'));
  return new Map(
    files.map((file) => [file.slice(0, -'.pem'.length), createPublicKey(readFileSync(join(folder, file)))]),
  );
}
