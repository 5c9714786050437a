import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A server's public key without the name of its host: its type and, in base64, its SSH wire format. */
export const HostKey = z.strictObject({
  type: z.string().regex(/^[a-z0-9@.-]{1,60}$/),
  base64: z.string().regex(/^[A-Za-z0-9+/]{4,4096}={0,2}$/),
});
export type HostKey = z.infer<typeof HostKey>;

/** Which of a node's addresses, without telling it: with two the Tailscale one is tried first. */
export const AddressName = z.enum(['its address', 'tailscale', 'ssh_host']);
export type AddressName = z.infer<typeof AddressName>;

/** Fingerprint of a key in SSH wire format as OpenSSH prints it: `SHA256:` and unpadded base64. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The same of a key as plans carry it. */
export function fingerprint({ base64 }: HostKey): string {
  return fingerprintOf(Buffer.from(base64, 'base64'));
}

/** Whether two keys are the same bytes. */
export function sameKey(one: HostKey, other: HostKey): boolean {
  return one.base64 === other.base64;
}

/** How a node's addresses are called, in the order of the inventory. */
export function addressNames(count: number): AddressName[] {
  return count === 1 ? ['its address'] : ['tailscale', 'ssh_host'];
}

/** The command that prints a host's own key at the provider's console. */
export function consoleCommand({ type }: HostKey): string {
  const kind = /^(?:ssh-)?(ed25519|rsa|ecdsa)/.exec(type)?.[1] ?? 'ed25519';
  return `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`;
}
