import { sign, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { createSshKey, knownHostsLine } from '../../../src/demo/fleet/ssh-key.ts';

describe('ssh keys', () => {
  it('are read by ssh2, whatever the comment length, and both halves belong together', () => {
    for (let length = 0; length < 20; length += 1) {
      const { privateText, publicLine } = createSshKey('c'.repeat(length));
      const secret = ssh2.utils.parseKey(privateText);
      const open = ssh2.utils.parseKey(publicLine);
      if (secret instanceof Error || open instanceof Error) throw new Error('ssh2 does not read the key');
      const message = Buffer.from('a message');
      const signature = sign(null, message, secret.getPrivatePEM());
      expect(verify(null, message, open.getPublicPEM(), signature)).toBe(true);
    }
  });

  it('have a known_hosts line that names the port', () => {
    expect(knownHostsLine({ host: '127.0.0.9', port: 2201 }, 'ssh-ed25519 AAAA')).toBe(
      '[127.0.0.9]:2201 ssh-ed25519 AAAA\n',
    );
  });
});
