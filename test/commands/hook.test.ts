import { describe, expect, it } from 'vitest';
import { createCommandWorld, textOf } from '../support/builders/command-world.ts';

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

  it('takes nothing', async () => {
    expect(await createCommandWorld().say('hook now')).toMatchObject({ kind: 'refused', refusal: { code: 'usage' } });
  });
});
