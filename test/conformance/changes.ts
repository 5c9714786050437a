import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Changes } from '../../src/contract/changes.ts';

type World = {
  readonly changes: Changes;
  /** The same memory, as another process or the next start sees it. */
  readonly other: () => Changes;
  readonly close: () => Promise<void>;
};

/** What every memory of changes has to do. */
export function changesConformance(name: string, open: () => Promise<World>): void {
  describe(`changes remembered by ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => world?.close());
    const now = Date.parse('2026-03-01T12:00:00.000Z');

    it('keep each change, also two of one node in one millisecond, for everybody', async () => {
      expect(await world.changes.lately(now)).toEqual([]);
      await world.changes.note({ node: 'vast-1', atMs: now - 1_000 });
      await world.changes.note({ node: 'vast-1', atMs: now - 1_000 });
      await world.changes.note({ node: 'nebius-h100-1', atMs: now });
      expect(await world.other().lately(now)).toEqual([
        { node: 'vast-1', atMs: now - 1_000 },
        { node: 'vast-1', atMs: now - 1_000 },
        { node: 'nebius-h100-1', atMs: now },
      ]);
    });

    it('forget what is older than an hour', async () => {
      expect(await world.changes.lately(now + 3_599_500)).toEqual([{ node: 'nebius-h100-1', atMs: now }]);
      expect(await world.changes.lately(now + 3_700_000)).toEqual([]);
    });

    it('stay small however much is changed', async () => {
      for (let index = 0; index < 40; index += 1)
        await world.changes.note({ node: 'vast-1', atMs: now + 7_200_000 + index });
      expect(await world.other().lately(now + 7_200_100)).toHaveLength(40);
    });
  });
}
