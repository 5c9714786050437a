import { describe, expect, it } from 'vitest';
import { incidentOf } from '../../src/domain/incident.ts';
import { scheduledLook } from '../../src/engine/scheduled-look.ts';
import { tendAlerts } from '../../src/engine/tend-alerts.ts';
import { memorySeen } from '../slack/support/local.ts';
import { anAlertLimits } from '../support/builders/alert-limits.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { aFinding, looked, opened } from '../support/builders/entries.ts';
import { createMemoryAgenda } from '../support/builders/memory-agenda.ts';
import { createMemoryCauses } from '../support/builders/memory-causes.ts';

const limits = anAlertLimits({
  groupWaitMs: 60_000,
  groupIntervalMs: 60_000,
  retryWindowMs: 60_000,
  reopenMinutes: 30,
});

function world() {
  const made = createCommandWorld();
  const { ledger } = made.context;
  const options = {
    ...made.context,
    causes: createMemoryCauses(),
    agenda: createMemoryAgenda(),
    mode: 'act' as const,
    seen: memorySeen(),
    channel: 'C0OPS',
    limits,
  };
  const state = async (id: string) => incidentOf(await ledger.entries(id));
  return { ...made, look: () => scheduledLook(options), tend: () => tendAlerts(options), state };
}

describe('the schedule', () => {
  it('looks at everything, and says nothing of a clear look, however often', async () => {
    const { look, tend, happened, pass, state, dispatched } = world();
    const first = await look();
    expect(dispatched.check).toMatchObject([
      { scope: { models: ['hex8_2p', 'hex8_3p'], nodes: ['hub', 'vast-1', 'vast-2'] } },
    ]);
    // The daemon is looked at too: what it fails at is news before a node lacks anything.
    expect(dispatched.check[0]?.scope.checks).toEqual(expect.arrayContaining(['alias-links', 'daemon-health']));
    for (let day = 0; day < 3; day += 1) {
      await happened(first, looked());
      pass(15);
      await tend();
      expect(await look()).toBe(first);
    }
    expect(await state(first)).toMatchObject({ untold: true });
  });

  it('opens an incident for what is new and still wrong at the end of the wait, and goes on with it', async () => {
    const { look, tend, happened, pass, state } = world();
    const id = await look();
    const found = looked([aFinding()]);
    await happened(id, found);
    pass(2);
    await tend();
    await happened(id, found);
    await tend();
    expect(await state(id)).toMatchObject({ untold: false, status: 'open' });
    pass(15);
    expect(await look()).toBe(id);
    // It is over and was told: the next fault is another incident.
    await happened(id, looked());
    pass(15);
    expect(await look()).not.toBe(id);
  });

  it('is quiet about what another open incident tells already, not about more than that', async () => {
    const { look, tend, happened, pass, state } = world();
    await happened('i-00000009', opened(), looked([aFinding()]));
    for (const findings of [[aFinding()], [aFinding(), aFinding('vast-2')]]) {
      const id = await look();
      await happened(id, looked(findings));
      pass(2);
      await tend();
      await happened(id, looked(findings));
      await tend();
      expect((await state(id))?.untold).toBe(findings.length === 1);
      pass(15);
    }
  });

  it('begins a new stream before a quiet one grows too long', async () => {
    const { look, happened } = world();
    const first = await look();
    for (let number = 0; number < 300; number += 1) await happened(first, looked());
    expect(await look()).not.toBe(first);
  });
});
