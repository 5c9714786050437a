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
    ['vast-1 has canonical_hex8_2p.pth, version 1.13.1', 'vast-1 has canonical_hex8_2p.pth, version 1.13.1'],
  ])('%s', (text, expected) => expect(masked(text)).toBe(expected));
});
