import { expect, it } from 'vitest';
import { MEDIC } from '../../src/domain/asker.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { reportObserved } from '../../src/engine/observe-report.ts';
import { memorySeen } from '../slack/support/local.ts';
import { anAlertLimits } from '../support/builders/alert-limits.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { lookStarted } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';

function world(mode: 'act' | 'observe') {
  const made = createCommandWorld();
  const parts = { causes: createMemoryCauses(), agenda: createMemoryAgenda(), limits: anAlertLimits() };
  const options = () => ({ ...made.context, ...parts, seen: memorySeen(), channel: 'C0OPS', mode });
  return { ...made, options };
}

it('is one look at everything that is told once, and is asked for again only while none has begun', async () => {
  const { options, dispatched, ledger, happened } = world('observe');
  const once = options();
  await reportObserved(once);
  await reportObserved(once);
  expect(dispatched.check).toHaveLength(1);
  const [{ incident: id, scope } = { incident: '', scope: undefined }] = dispatched.check;
  expect(incidentOf(await ledger.entries(id))).toMatchObject({
    openedBy: MEDIC,
    untold: false,
    place: { channel: 'C0OPS' },
  });
  expect(scope?.nodes).toEqual(['hub', 'vast-1', 'vast-2']);
  // A minute later nobody remembers that it was asked for.
  await reportObserved(options());
  expect(dispatched.check).toHaveLength(2);
  await happened(id, lookStarted);
  await reportObserved(options());
  expect(dispatched.check).toHaveLength(2);
});

it('is not made where medic acts', async () => {
  const { options, dispatched } = world('act');
  await reportObserved(options());
  expect(dispatched.check).toEqual([]);
});
