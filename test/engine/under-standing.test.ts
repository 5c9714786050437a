import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { standingOf } from '../../src/domain/standing.ts';
import { stopStanding, underStanding } from '../../src/engine/under-standing.ts';
import { openFileChanges } from '../../src/keys/file-changes.ts';
import { openFileJournal } from '../../src/keys/file-journal.ts';
import { aGrant, anEnvelope, ENVELOPE, givenOrders } from '../support/builders/envelopes.ts';
import { createMemoryOrders } from '../support/builders/memory-orders.ts';
import { ALICE, aResult, NOON } from '../support/builders/plans.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-standing-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => ({
  orders: createMemoryOrders(),
  journal: openFileJournal(join(folder, 'requests')),
  changesUnder: (id: string) => openFileChanges(join(folder, 'standing', id)),
  now: () => new Date(NOON),
});

it('counts what this worker did under it, from its own file', async () => {
  const kit = open();
  await kit.changesUnder(ENVELOPE).note({ node: 'vast-1', atMs: Date.parse(NOON) - 60_000 });
  const under = await underStanding(open(), standingOf([]), aGrant());
  expect(under).toMatchObject({ stopped: false, changes: [{ node: 'vast-1' }] });
});

it('is stopped by people’s word, and by the first change that did not go well, also when Redis forgets that', async () => {
  const stopped = { kind: 'envelope_stopped', id: ENVELOPE, by: ALICE, at: NOON, reason: 'x' } as const;
  expect((await underStanding(open(), standingOf([...givenOrders(true), stopped]), aGrant())).stopped).toBe(true);
  const kit = open();
  for (const outcome of ['verified', 'already_right', 'skipped'] as const)
    expect(await stopStanding(kit, anEnvelope(), 'r-0412aa07', [aResult('vast-1', { outcome })])).toBeUndefined();
  const note = await stopStanding(kit, anEnvelope(), 'r-0412aa07', [aResult('vast-1', { outcome: 'rolled_back' })]);
  expect(note).toContain(`${ENVELOPE} is stopped`);
  // Another start of the worker, orders that know nothing: its own journal does.
  expect((await underStanding(open(), standingOf(givenOrders(true)), aGrant())).stopped).toBe(true);
  expect((await underStanding(open(), standingOf([]), aGrant({ envelope: anEnvelope({ perHour: 9 }) }))).stopped).toBe(
    false,
  );
});

it('is nothing to a plan that people approved', async () => {
  expect(
    await stopStanding(open(), undefined, 'r-0412aa07', [aResult('vast-1', { outcome: 'stuck' })]),
  ).toBeUndefined();
});
