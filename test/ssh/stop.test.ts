import { describe, expect, it } from 'vitest';
import { unlessAborted, whenToStop } from '../../src/ssh/stop.ts';

describe('reasons to stop', () => {
  it('is the time or the signal, whichever comes first', async () => {
    expect(await whenToStop({ timeoutMs: 1 }).reason).toBe('timeout');
    const cancel = new AbortController();
    const stop = whenToStop({ timeoutMs: 60_000, signal: cancel.signal });
    cancel.abort();
    expect(await stop.reason).toBe('cancelled');
    stop.clear();
    const before = whenToStop({ timeoutMs: 60_000, signal: AbortSignal.abort() });
    expect(await before.reason).toBe('cancelled');
    before.clear();
  });
});

describe('a wait that can be given up', () => {
  it('gives the value, the failure, or null', async () => {
    const never = new Promise<string>(() => undefined);
    expect(await unlessAborted(Promise.resolve('a'), undefined)).toBe('a');
    expect(await unlessAborted(Promise.resolve('a'), new AbortController().signal)).toBe('a');
    await expect(unlessAborted(Promise.reject(new Error('x')), new AbortController().signal)).rejects.toThrow('x');
    expect(await unlessAborted(never, AbortSignal.abort())).toBeNull();
    const cancel = new AbortController();
    const waiting = unlessAborted(never, cancel.signal);
    cancel.abort();
    expect(await waiting).toBeNull();
  });
});
