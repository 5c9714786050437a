import { describe, expect, it } from 'vitest';
import { usualChecks } from '../../src/domain/asked-scope.ts';
import type { AlertHints } from '../../src/engine/open-alert.ts';
import { openAlert } from '../../src/engine/open-alert.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { lookStarted } from '../support/builders/entries.ts';
import { aDigest } from '../support/builders/plans.ts';

const alert: AlertHints = {
  sender: 'router',
  title: 'MODEL_CORRUPTED: zip',
  models: ['hex8_2p'],
  nodes: ['vast-1'],
  fingerprint: aDigest('f'),
};

function world() {
  const made = createCommandWorld();
  const open = (but: Partial<AlertHints> = {}) =>
    openAlert({ ...alert, ...but }, { ...made.context, channel: 'C0OPS' });
  return { ...made, open };
}

describe('openAlert', () => {
  it('opens an incident in the channel and looks at the models named, on the whole fleet', async () => {
    const { open, ledger, dispatched, context } = world();
    const id = await open();
    const scope = {
      models: ['hex8_2p'],
      nodes: ['hub', 'vast-1', 'vast-2'],
      checks: usualChecks(context.checks),
    };
    expect((await ledger.entries(id))[0]?.event).toEqual({
      kind: 'opened',
      by: 'alert:router',
      text: 'MODEL_CORRUPTED: zip (vast-1)',
      alert: 'MODEL_CORRUPTED: zip (vast-1)',
      scope,
      place: { channel: 'C0OPS' },
    });
    expect(dispatched.check).toEqual([{ incident: id, scope, fresh: false, inventory: aDigest('d') }]);
  });

  it('looks at everything when it names nothing', async () => {
    const { open, dispatched } = world();
    await open({ models: [], nodes: [] });
    expect(dispatched.check).toMatchObject([{ scope: { models: ['hex8_2p', 'hex8_3p'] } }]);
  });

  it('is one incident when it is sent again, also by a second bot at once, and looks again only if nobody has begun to', async () => {
    const { open, kinds, happened, dispatched } = world();
    const [first, second] = await Promise.all([open(), open()]);
    expect(second).toBe(first);
    expect(await kinds(first)).toEqual(['opened']);
    await happened(first, lookStarted);
    const before = dispatched.check.length;
    expect(await open()).toBe(first);
    expect(dispatched.check).toHaveLength(before);
  });

  it('is another incident for another alert, and in another hour', async () => {
    const { open, pass } = world();
    const first = await open();
    expect(await open({ fingerprint: aDigest('e') })).not.toBe(first);
    pass(61);
    expect(await open()).not.toBe(first);
  });

  it('takes a title of any length', async () => {
    const { open, kinds } = world();
    expect(await kinds(await open({ title: 'x'.repeat(10_000) }))).toEqual(['opened']);
  });
});
