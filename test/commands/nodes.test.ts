import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { NOON } from '../support/builders/plans.ts';

describe('nodes', () => {
  it('lists all, tells who gets models and why the others do not, and the contradictions of the file', async () => {
    const text = textOf(await createCommandWorld().say('nodes'));
    expect(text).toContain('4 nodes, 2 get models');
    expect(text).toMatch(/hub .*source of models/);
    expect(text).toMatch(/old-1 .*gets no models: its status is terminated/);
    expect(text).toMatch(/vast-2 .*ephemeral.*“slow disk”/);
    expect(text).toContain('! old-1: its note says something else');
  });

  it.each(['nodes vast-*', 'nodes on vast-*'])('%s lists a set', async (words) => {
    const reply = await createCommandWorld().say(words);
    expect(textOf(reply)).toContain('2 nodes, 2 get models');
    expect(reply).toMatchObject({ json: { nodes: [{ name: 'vast-1', target: true }, { name: 'vast-2' }] } });
  });

  it('never shows addresses, users or keys', async () => {
    const reply = await createCommandWorld().say('nodes');
    expect(JSON.stringify(reply)).not.toMatch(/192\.0\.2|ubuntu|addresses|keyFile/);
  });

  it('refuses a set that names nobody', async () => {
    expect(await createCommandWorld().say('nodes vast-9')).toMatchObject({
      kind: 'refused',
      refusal: { code: 'node_unknown' },
    });
  });

  it('--gone lists those that come and go and have not answered for long, and takes no set', async () => {
    const world = createCommandWorld();
    expect(textOf(await world.say('nodes --gone'))).toContain('no node that comes and goes');
    for (const name of ['vast-1', 'vast-2']) world.misses.set(name, { since: NOON, times: 7, reason: 'timeout' });
    const reply = await world.say('nodes --gone');
    expect(textOf(reply).split('\n')).toEqual([
      '1 node is probably gone: retire it?',
      expect.stringMatching(
        /^ {2}vast-2 {2}no answer since 2026-03-01 12:00 UTC, 7 looks in a row \(timeout\) · ephemeral/,
      ),
    ]);
    expect(reply).toMatchObject({ json: { gone: [{ node: 'vast-2' }] } });
    expect(await world.say('nodes vast-* --gone')).toMatchObject({ refusal: { code: 'usage' } });
  });
});
