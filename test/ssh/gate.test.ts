import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../src/ssh/gate.ts';

describe('a gate', () => {
  it('never lets in more than it has places, and everybody in the end, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
        async (places, turns) => {
          const gate = createGate(places);
          const order: number[] = [];
          let inside = 0;
          let most = 0;
          const visit = async (ticks: number, number: number): Promise<void> => {
            const { leave } = await gate.enter();
            order.push(number);
            inside += 1;
            most = Math.max(most, inside);
            for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
            inside -= 1;
            leave();
            leave();
          };
          await Promise.all(turns.map(visit));
          expect(most).toBeLessThanOrEqual(places);
          expect(order).toEqual(turns.map((_, number) => number));
          expect(gate.idle()).toBe(true);
        },
      ),
    );
  });

  it('tells who had to wait, and can be made narrower but never shut', async () => {
    const gate = createGate(2);
    const first = await gate.enter();
    const second = await gate.enter();
    expect([first.waited, second.waited]).toEqual([false, false]);
    gate.shrink(0);
    const third = gate.enter();
    first.leave();
    let entered = false;
    void third.then(() => {
      entered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toBe(false);
    second.leave();
    expect((await third).waited).toBe(true);
  });
});
