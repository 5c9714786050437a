import { describe, expect, it } from 'vitest';
import { masked } from '../../src/domain/mask.ts';

describe('masked', () => {
  it.each([
    ['rsync to 10.0.0.12:22 failed', 'rsync to [address] failed'],
    ['ubuntu@vast-1: denied', '[user]@vast-1: denied'],
    ['key /home/a/.ssh/id_ed25519 and ~/.ssh/id_rsa', 'key [key] and [key]'],
    ['Authorization: Bearer abcdef123', 'Authorization: Bearer [secret]'],
    ['{"token":"abcdef"}', '{"token":"[secret]"}'],
    ['xoxb-1234-abcd', '[token]'],
    ['connect to [2001:db8::7:1]:22 failed', 'connect to [[address]]:22 failed'],
    ['from fe80::1ff:fe23:4567:890a%eth0, ::1 or 2001:0db8:0:0:0:0:0:1.', 'from [address], [address] or [address].'],
    [
      'at 12:30:05, 00:16:3e:5e:6c:00, std::move(a::b), MD5 16:27:ac:a5',
      'at 12:30:05, 00:16:3e:5e:6c:00, std::move(a::b), MD5 16:27:ac:a5',
    ],
    ['vast-1 has canonical_hex8_2p.pth, version 1.13.1', 'vast-1 has canonical_hex8_2p.pth, version 1.13.1'],
  ])('%s', (text, expected) => expect(masked(text)).toBe(expected));
});
