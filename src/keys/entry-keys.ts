import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hands, Pen } from '../contract/signing.ts';
import { canonicalJson } from '../domain/digest.ts';
import { textDigest } from '../domain/written.ts';
import { privateKey, publicKeyFolder } from './approval-keys.ts';
import { openOwnKey, publicKeyOf, type ShellKeys } from './own-keys.ts';

/** Where public halves of workers are: not among those that sign approvals. */
export function workerKeyFolder(stateDir: string): string {
  return join(stateDir, 'workers');
}

/** The pen of a program. A worker's key is named after its public half, because several may have one each. */
export function openPen(stateDir: string, program: 'bot' | 'shell' | 'worker'): Pen {
  if (program !== 'worker') return penOf(program, privateKey(stateDir, program));
  const key = privateKey(stateDir, 'worker', (half) => join(workerKeyFolder(stateDir), `${workerName(half)}.pem`));
  return penOf(workerName(halfOf(key)), key);
}

/** The pen of a shell on a Redis that others reach: its owner's own key where medic.yaml lists it. */
export function openShellPen(stateDir: string, shellKeys: ShellKeys): Pen {
  const own = openOwnKey(stateDir, shellKeys);
  return own === undefined ? openPen(stateDir, 'shell') : penOf(own.person, privateKey(stateDir, 'shell'));
}

/** Judges who wrote an entry, by the public halves in the state folder and by people's keys in medic.yaml. A half that comes, changes or goes counts at once. */
export function openHands(stateDir: string, shellKeys: ShellKeys): Hands {
  const files = new Map<string, { readonly state: string; readonly key: KeyObject }>();
  const keyNamed = (name: string): KeyObject | undefined => {
    if (name.startsWith('key:')) return publicKeyOf(shellKeys, name);
    // Names come with the entry; only these become paths.
    if (name === 'bot' || name === 'shell') return keyIn(join(publicKeyFolder(stateDir), `${name}.pem`));
    const isWorker = /^worker-[0-9a-f]{16}$/.test(name);
    return isWorker ? keyIn(join(workerKeyFolder(stateDir), `${name}.pem`)) : undefined;
  };
  const keyIn = (file: string): KeyObject | undefined => {
    try {
      const { mtimeMs, ino, size } = statSync(file);
      const state = `${mtimeMs} ${ino} ${size}`;
      const known = files.get(file);
      if (known?.state === state) return known.key;
      const key = createPublicKey(readFileSync(file));
      files.set(file, { state, key });
      return key;
    } catch {
      return undefined;
    }
  };
  return {
    distrust(written, signature) {
      const key = keyNamed(written.key);
      if (key === undefined) return 'unknown_key';
      const signed = Buffer.from(canonicalJson(written));
      return verify(null, signed, key, Buffer.from(signature, 'base64')) ? undefined : 'bad_signature';
    },
  };
}

function penOf(name: string, key: KeyObject): Pen {
  return {
    key: name,
    sign: (written) => sign(null, Buffer.from(canonicalJson(written)), key).toString('base64'),
  };
}

function workerName(half: string): string {
  return `worker-${textDigest(half).slice(0, 16)}`;
}

function halfOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}
