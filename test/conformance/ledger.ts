import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/contract/ledger.ts';
import type { Entry, Event } from '../../src/domain/entry.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import { likenessOf } from '../../src/domain/since-last.ts';
import {
  aFinding,
  authorized,
  looked,
  lookStarted,
  opened,
  planned,
  requested,
  started,
} from '../support/builders/entries.ts';
import { aPlan, aReceipt, aResult, BOB, nodeNames } from '../support/builders/plans.ts';

/** Two ledgers over the same memory, as bot and worker have them. */
export type LedgerWorld = { readonly ledger: Ledger; readonly other: Ledger; close(): Promise<void> };

/** What every ledger promises; `open` starts the world once for the suite. */
export function ledgerConformance(name: string, open: () => Promise<LedgerWorld>): void {
  describe(`ledger: ${name}`, () => {
    let world: LedgerWorld;
    let count = 0;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => {
      await world.close();
    });
    const newId = (kind: 'i' | 'r'): string => `${kind}-${(0x5a000000 + (count += 1)).toString(16)}`;
    const newRequest = (): string => `${newId('r').slice(2)}`.padStart(32, '0');
    const append = async (incident: string, ...events: readonly Event[]): Promise<void> => {
      for (const event of events) await world.ledger.append(incident, event);
    };

    it('gives back the entries of one incident, oldest first, and none of another', async () => {
      const [id, stranger] = [newId('i'), newId('i')];
      await append(id, opened(), lookStarted);
      await append(stranger, opened({ text: 'other' }));
      await append(id, looked());
      const entries = await world.other.entries(id);
      expect(entries.map(({ event }) => event)).toEqual([opened(), lookStarted, looked()]);
      expect(new Set(entries.map((entry) => entry.id)).size).toBe(3);
      expect(entries.every((entry) => entry.incident === id && !Number.isNaN(Date.parse(entry.at)))).toBe(true);
      expect(await world.ledger.entries('i-ffffffff')).toEqual([]);
    });

    it('appends once under one key, whoever is second', async () => {
      const id = newId('i');
      const tries = await Promise.all(
        [world.ledger, world.other, world.ledger, world.other].map((ledger) =>
          ledger.append(id, opened(), { once: `test:${id}` }),
        ),
      );
      expect(tries.filter((entry) => entry !== undefined)).toHaveLength(1);
      expect(await world.ledger.entries(id)).toHaveLength(1);
    });

    it('loses nothing of two writers at once', async () => {
      const id = newId('i');
      const texts = Array.from({ length: 40 }, (_, index) => `word ${index}`);
      await Promise.all(
        texts.map((text, index) =>
          (index % 2 === 0 ? world.ledger : world.other).append(id, { kind: 'asked', by: BOB, text }),
        ),
      );
      const told = (await world.ledger.entries(id)).map(({ event }) => (event.kind === 'asked' ? event.text : ''));
      expect(told.toSorted()).toEqual(texts.toSorted());
    });

    it('keeps text as it was: quotes, line ends, emoji, other scripts', async () => {
      const id = newId('i');
      const text = '"\'`\\ \n\u2028 é 日本 😀 <!channel> %s \u0000';
      await append(id, { kind: 'asked', by: BOB, text });
      expect((await world.other.entries(id))[0]?.event).toEqual({ kind: 'asked', by: BOB, text });
    });

    it('keeps no address, user, key path or token in anybody’s words, and what is hashed as it is', async () => {
      const id = newId('i');
      const plan = aPlan(undefined, { summary: 'from 10.0.0.12' });
      const words = 'rsync root@10.0.0.12:22 with ~/.ssh/id_rsa, Bearer abcdef123';
      await append(id, opened({ text: words, alert: words }), planned(plan), { kind: 'plan_failed', detail: words });
      const clean = 'rsync [user]@[address] with [key], Bearer [secret]';
      const told = (await world.other.entries(id)).map(({ event }) => event);
      expect(told).toEqual([
        opened({ text: clean, alert: clean }),
        planned(plan),
        { kind: 'plan_failed', detail: clean },
      ]);
    });

    it('writes nothing of an event that is no event', async () => {
      const id = newId('i');
      await expect(world.ledger.append(id, opened({ scope: { models: [], nodes: [], checks: [] } }))).rejects.toThrow();
      expect(await world.other.entries(id)).toEqual([]);
    });

    it('is followed in order from a cursor on, across incidents, and again from where it was left', async () => {
      const [a, b] = [newId('i'), newId('i')];
      const firstHalf = await followed(
        world.other,
        undefined,
        async () => append(a, opened({ text: 'one' })),
        (entries) => entries.some(({ incident }) => incident === a),
      );
      const cursor = firstHalf.cursor;
      await append(b, opened({ text: 'two' }));
      await append(a, lookStarted);
      const second = await followed(
        world.other,
        cursor,
        async () => append(b, lookStarted),
        (entries) => entries.length >= 3,
      );
      expect(second.entries.map(({ incident, event }) => [incident, event.kind])).toEqual([
        [b, 'opened'],
        [a, 'check_started'],
        [b, 'check_started'],
      ]);
      expect(second.entries[1]).toEqual((await world.ledger.entries(a))[1]);
    });

    it('ends following at once when told to, with nothing more to come', async () => {
      const stop = new AbortController();
      const ending = world.ledger.follow({ cursor: '$', signal: stop.signal, onEntry: () => {} });
      stop.abort();
      await expect(ending).resolves.toBeUndefined();
    });

    it('lists incidents, newest first', async () => {
      const [a, b] = [newId('i'), newId('i')];
      await append(a, opened());
      await new Promise((resolve) => setTimeout(resolve, 5));
      await append(b, opened());
      expect(await world.ledger.recent(2)).toEqual([b, a]);
      expect(await world.ledger.recent(1)).toEqual([b]);
    });

    it('lists what is an incident by its alert or its findings, newest first, and no mere looks', async () => {
      const [looking, found, alerted] = [newId('i'), newId('i'), newId('i')];
      await append(looking, opened(), looked());
      await append(found, opened(), looked([aFinding()]));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await append(alerted, opened({ alert: 'MODEL_CORRUPTED' }));
      await append(found, looked([aFinding()]));
      expect(await world.other.incidents(2)).toEqual([alerted, found]);
      expect(await world.ledger.incidents(1_000)).not.toContain(looking);
    });

    it('knows what waits to be told from the end of its wait until it is decided', async () => {
      const [id, quietUntil] = [newId('i'), '2026-03-01T12:00:10.000Z'];
      const end = Date.parse(quietUntil);
      await append(id, opened({ alert: 'x', quietUntil }));
      expect(await world.other.waiting(end - 1)).not.toContain(id);
      expect(await world.other.waiting(end)).toContain(id);
      await append(id, { kind: 'settled' });
      expect(await world.other.waiting(end)).not.toContain(id);
      await append(id, { kind: 'repeated', times: 2, quietUntil });
      expect(await world.ledger.waiting(end)).toContain(id);
      const before = await world.ledger.raisedSince(0);
      await append(id, { kind: 'raised' });
      expect(await world.ledger.waiting(end)).not.toContain(id);
      expect(await world.other.raisedSince(0)).toBe(before + 1);
      expect(await world.other.raisedSince(Date.parse('2199-01-01T00:00:00.000Z'))).toBe(0);
    });

    it.each<[string, (request: string) => Event]>([
      ['is rejected', (request) => ({ kind: 'rejected', request, by: BOB, reason: 'x' })],
      ['expires', (request) => ({ kind: 'expired', request })],
      ['is withdrawn', (request) => ({ kind: 'withdrawn', request, by: BOB, reason: 'x' })],
      ['is stale', (request) => ({ kind: 'stale', request, because: 'x' })],
      ['is superseded', (request) => ({ kind: 'superseded', request, because: 'x' })],
    ])('knows a prompt as pending until it %s', async (_, end) => {
      const [id, request, plan] = [newId('i'), newRequest(), aPlan()];
      await append(id, opened(), planned(plan), requested(plan, { request }));
      expect(await world.other.pending()).toContain(id);
      expect(await world.other.ofRequest(request)).toBe(id);
      await append(id, end(request));
      expect(await world.other.pending()).not.toContain(id);
    });

    it('knows an execution as unfinished from its beginning to its receipt', async () => {
      const [id, request, receipt, plan] = [newId('i'), newRequest(), newId('r'), aPlan()];
      const signed = authorized(plan);
      if (signed.kind !== 'authorized') throw new Error('not signed');
      const approval = { ...signed.signed.approval, request };
      await append(id, opened(), planned(plan), requested(plan, { request }));
      await append(id, { kind: 'authorized', signed: { ...signed.signed, approval } });
      // A plan that was signed and never reached a worker is handed over again: it must still be found.
      expect(await world.ledger.pending()).toContain(id);
      await append(id, started(plan, { request, receipt }));
      expect(await world.ledger.pending()).not.toContain(id);
      expect(await world.ledger.unfinished()).toContain(id);
      expect(await world.ledger.ofReceipt(receipt)).toBe(id);
      await append(id, { kind: 'executed', receipt: aReceipt([aResult('vast-1')], { id: receipt }) });
      expect(await world.ledger.unfinished()).not.toContain(id);
    });

    it('finds plans by the beginning of their hash, the newest incident first', async () => {
      const plan = aPlan(nodeNames(7), { summary: `only in this test ${count}` });
      const [older, newer] = [newId('i'), newId('i')];
      await append(older, opened(), planned(plan));
      await new Promise((resolve) => setTimeout(resolve, 5));
      await append(newer, opened(), planned(plan));
      const hash = hashPlan(plan);
      expect(await world.ledger.ofPlan(hash.slice(0, 8))).toEqual([
        { hash, incident: newer },
        { hash, incident: older },
      ]);
      expect(await world.ledger.ofPlan(hash)).toHaveLength(2);
      expect((await world.other.ofLikeness(likenessOf(plan))).slice(0, 2)).toEqual([
        { hash, incident: newer },
        { hash, incident: older },
      ]);
      expect(await world.ledger.ofPlan(`${hash.slice(0, 20)}${hash[20] === 'f' ? '0' : 'f'}`)).toEqual([]);
    });
  });
}

/** Follows until `enough`, while `meanwhile` happens. */
async function followed(
  ledger: Ledger,
  cursor: string | undefined,
  meanwhile: () => Promise<void>,
  enough: (entries: readonly Entry[]) => boolean,
): Promise<{ entries: Entry[]; cursor: string | undefined }> {
  const stop = new AbortController();
  const entries: Entry[] = [];
  let last = cursor;
  const following = ledger.follow({
    cursor,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
    onEntry(entry, at) {
      entries.push(entry);
      last = at;
      if (enough(entries)) stop.abort();
    },
  });
  await meanwhile();
  await following;
  return { entries, cursor: last };
}
