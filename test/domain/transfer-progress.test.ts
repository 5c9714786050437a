import { describe, expect, it } from 'vitest';
import { progressWords } from '../../src/domain/transfer-progress.ts';

describe('how far a transfer is', () => {
  const base = { kind: 'progress', receipt: 'r-00000001', node: 'vast-1', transport: 'rsync' } as const;

  it('is percent, size, transport, speed and the time that is left', () => {
    const words = progressWords({ ...base, percent: 50, bytes: 108_000_000, bytesPerSecond: 12_000_000 });
    expect(words).toBe('50 % of 108 MB by rsync, 12 MB/s, about 5 s left');
  });

  it('says so when the turn of the node has not come', () => {
    expect(progressWords({ ...base, percent: 25, bytes: 108_000_000, ahead: true })).toBe(
      '25 % of 108 MB by rsync ahead of its turn',
    );
    expect(progressWords({ ...base, percent: 75, ahead: true })).toBe('75 % by rsync ahead of its turn');
  });

  it('promises no end where nothing has moved, and reads entries of before', () => {
    expect(progressWords({ ...base, percent: 0, bytes: 108_000_000, bytesPerSecond: 0 })).toBe(
      '0 % of 108 MB by rsync',
    );
    expect(progressWords({ ...base, percent: 75 })).toBe('75 % by rsync');
  });
});
