import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { awaitEvent } from '../../src/shell/await-event.ts';
import { createProgress } from '../../src/shell/progress.ts';
import { entriesOf, INCIDENT, looked, lookStarted, opened } from '../support/builders/entries.ts';
import { createMemoryLedger } from '../support/builders/memory-ledger.ts';

describe('awaitEvent', () => {
  it('ends with what is enough, and shows every entry once on the way', async () => {
    const ledger = createMemoryLedger();
    const seen: string[] = [];
    await ledger.append(INCIDENT, opened());
    const waiting = awaitEvent({
      ledger,
      incident: INCIDENT,
      enough: (all) => all.some(({ event }) => event.kind === 'checked'),
      onEntry: ({ event }) => void seen.push(event.kind),
      signal: AbortSignal.timeout(10_000),
    });
    await expect.poll(() => seen).toEqual(['opened']);
    await ledger.append(INCIDENT, lookStarted);
    await ledger.append(INCIDENT, looked());
    expect((await waiting).map(({ event }) => event.kind)).toEqual(['opened', 'check_started', 'checked']);
    expect(seen).toEqual(['opened', 'check_started', 'checked']);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const waiting = awaitEvent({
      ledger: createMemoryLedger(),
      incident: INCIDENT,
      enough: () => true,
      onEntry: () => {},
      signal: stop.signal,
    });
    stop.abort();
    await expect(waiting).rejects.toThrow('interrupted');
  });
});

describe('progress', () => {
  function shown(isTTY: boolean): string {
    const stream = new PassThrough();
    // A terminal's stream has more methods; progress only writes and asks whether it is one.
    const progress = createProgress(Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream);
    const early = {
      kind: 'ahead_started',
      receipt: 'r-0412aa07',
      node: 'vast-2',
      step: 's',
      temporary: '.medic-x',
    } as const;
    for (const entry of entriesOf(opened(), lookStarted, looked(), early)) progress.show(entry);
    progress.end();
    return String(stream.read() ?? '');
  }

  it('is one line on a terminal that is gone in the end', () => {
    expect(shown(true)).toContain('\r\u001b[Klooking at 1 node …');
    expect(shown(true)).toContain('\r\u001b[Kvast-2: bytes come ahead of its turn, under a temporary name …');
    expect(shown(true).endsWith('\r\u001b[K')).toBe(true);
    expect(shown(true)).not.toContain('\n');
  });

  it('says nothing of what is quick where there is no terminal', () => {
    expect(shown(false)).toBe('');
  });
});
