import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';
import type { KnownHost } from './known-hosts.ts';

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Cheap algorithms first; of the host keys those that known_hosts has, or the server might show another one that it has as well. */
export function algorithmsFor(entries: readonly KnownHost[]): Algorithms {
  const types = new Set(entries.filter((entry) => !entry.revoked).map((entry) => entry.keyType));
  const recorded = (name: ServerHostKeyAlgorithm): boolean => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group-exchange-sha256',
    ],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes256-ctr',
    ],
    serverHostKey: [...hostKeyAlgorithms.filter(recorded), ...hostKeyAlgorithms.filter((name) => !recorded(name))],
    compress: ['none'],
  };
}
