import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

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
});
