import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';
import { aPolicy } from '../support/builders/plans.ts';

describe('hook', () => {
  it('prints the script in a shell and as one text to programs', async () => {
    const { context } = createCommandWorld();
    const hook = context.commands.find(({ name }) => name === 'hook');
    const reply = await hook?.handle([], { ...context, place: undefined });
    if (reply?.kind !== 'said') throw new Error('nothing was said');
    expect(reply.lines[0]).toBe('#!/bin/sh');
    expect(reply.lines).toContain("link 'canonical_hex8_3p.pth' 'ringrift_best_hex8_3p.pth'");
    expect(reply.json).toMatchObject({ script: `${reply.lines.join('\n')}\n` });
  });

  it('does not put a script that may be cut into Slack', async () => {
    const text = textOf(await createCommandWorld().say('hook'));
    expect(text).toContain('npx medic hook');
    expect(text).not.toContain('#!/bin/sh');
  });

  it('asks for a plan on the coordinator, by somebody who may', async () => {
    const world = createCommandWorld();
    expect(await world.say('hook install')).toMatchObject({ kind: 'begun', until: 'planned' });
    expect(world.dispatched.plan).toMatchObject([{ scope: { nodes: ['hub'] }, wish: { repair: 'install-hook' } }]);
    for (const policy of [aPolicy({ mode: 'observe' }), aPolicy({ operators: [], approvers: [] })]) {
      const other = createCommandWorld();
      const hook = other.context.commands.find(({ name }) => name === 'hook');
      expect(await hook?.handle(['install'], { ...other.context, policy })).toMatchObject({ kind: 'refused' });
      expect(other.dispatched.plan).toEqual([]);
    }
  });

  it('takes nothing else', async () => {
    expect(await createCommandWorld().say('hook now')).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
  });
});
