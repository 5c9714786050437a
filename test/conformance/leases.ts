import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Leases } from '../../src/contract/leases.ts';

/** Two holders over the same memory. */
export type LeasesWorld = { readonly leases: Leases; readonly other: Leases; close(): Promise<void> };

/** What every way to hold a lease promises; `open` starts the world once for the suite. */
export function leasesConformance(name: string, open: () => Promise<LeasesWorld>): void {
  describe(`leases: ${name}`, () => {
    let world: LeasesWorld;
    let count = 0;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => {
      await world.close();
    });
    const newKey = (): string => `node:vast-${(count += 1)}:hex8_2p`;

    it('are held by one owner at a time', async () => {
      const key = newKey();
      const tries = await Promise.all(
        ['a', 'b', 'c', 'd'].map((owner, index) =>
          (index % 2 === 0 ? world.leases : world.other).acquire(key, owner, 10_000),
        ),
      );
      expect(tries.filter((got) => got)).toHaveLength(1);
      expect(await world.other.held(key)).toBe(true);
    });

    it('are renewed by their owner and refused to others', async () => {
      const key = newKey();
      expect(await world.leases.acquire(key, 'a', 10_000)).toBe(true);
      expect(await world.other.acquire(key, 'a', 10_000)).toBe(true);
      expect(await world.other.acquire(key, 'b', 10_000)).toBe(false);
    });

    it('are given back by their owner only', async () => {
      const key = newKey();
      await world.leases.acquire(key, 'a', 10_000);
      await world.other.release(key, 'b');
      expect(await world.leases.held(key)).toBe(true);
      await world.other.release(key, 'a');
      expect(await world.leases.held(key)).toBe(false);
      expect(await world.leases.acquire(key, 'b', 10_000)).toBe(true);
    });

    it('end by themselves when nobody renews them', async () => {
      const key = newKey();
      await world.leases.acquire(key, 'a', 60);
      await expect.poll(() => world.other.held(key), { timeout: 5_000, interval: 10 }).toBe(false);
      expect(await world.other.acquire(key, 'b', 10_000)).toBe(true);
    });

    it('of different keys do not meet', async () => {
      expect(await world.leases.acquire(newKey(), 'a', 10_000)).toBe(true);
      expect(await world.leases.acquire(newKey(), 'b', 10_000)).toBe(true);
    });
  });
}
