import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeHere, type NodeHere } from '../jobs/node-here.ts';

const C = 'canonical_hex8_2p.pth';

let here: NodeHere;
beforeEach(() => {
  here = createNodeHere();
});
afterEach(() => here.close());

describe('discard-temporary', () => {
  it('removes only what medic made', async () => {
    const ours = `.medic-${'a'.repeat(32)}`;
    writeFileSync(here.path(ours), 'x');
    const folder = [here.models, 'any'];
    expect((await here.act(['discard-temporary', ...folder, ours])).code).toBe(0);
    expect((await here.act(['discard-temporary', ...folder, ours])).code).toBe(0);
    expect(existsSync(here.path(ours))).toBe(false);
    for (const name of [C, '.medic', `../models/${C}`, `.medic-${'a'.repeat(32)}/x`, '.medic-*', '']) {
      expect((await here.act(['discard-temporary', ...folder, name])).code).toBe(1);
    }
    expect(existsSync(here.path(C))).toBe(true);
  });
});
