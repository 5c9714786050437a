import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** An ed25519 key in OpenSSH's own formats. */
export interface SshKey {
  /** The private key file's text, unencrypted. */
  readonly privateText: string;
  /** `ssh-ed25519 AAAA…`: a line of authorized_keys, and the tail of a known_hosts line. */
  readonly publicLine: string;
}

const TYPE = 'ssh-ed25519';
const BLOCK_BYTES = 8;

/** A new ed25519 key, for a host or a user. */
export function createSshKey(comment = ''): SshKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d, x } = privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(d ?? '', 'base64url');
  const point = Buffer.from(x ?? '', 'base64url');
  const publicBlob = Buffer.concat([text(TYPE), text(point)]);
  // The same random number twice: a reader with the wrong passphrase would see two different ones.
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    text(TYPE),
    text(point),
    text(Buffer.concat([seed, point])),
    text(comment),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK_BYTES - (secret.length % BLOCK_BYTES)) % BLOCK_BYTES }, (_, i) => i + 1),
  );
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    text('none'),
    text('none'),
    text(''),
    uint32(1),
    text(publicBlob),
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateText: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicLine: `${TYPE} ${publicBlob.toString('base64')}`,
  };
}

/** A known_hosts line for a server on its own port. */
export function knownHostsLine(address: { readonly host: string; readonly port: number }, publicLine: string): string {
  return `[${address.host}]:${address.port} ${publicLine}\n`;
}

function text(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
