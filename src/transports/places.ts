/** Limits how many do something at once, by any number of names; first come first served for each of them. */
export type Places = {
  /** Waits until there is a place under this name; call the answer to leave it. Undefined: the signal came first. */
  enter(name: string, max: number, signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** Places under names that need not be told before. */
export function createPlaces(): Places {
  const inside = new Map<string, number>();
  const queues = new Map<string, (() => void)[]>();
  const count = (name: string): number => inside.get(name) ?? 0;
  return {
    async enter(name, max, signal) {
      while (!signal.aborted && count(name) >= max) {
        await new Promise<void>((resolve) => {
          queues.set(name, [...(queues.get(name) ?? []), resolve]);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      if (signal.aborted) return undefined;
      inside.set(name, count(name) + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        inside.set(name, count(name) - 1);
        // All look again: who was let go by a signal must not keep the place from the next.
        for (const wake of queues.get(name)?.splice(0) ?? []) wake();
      };
    },
  };
}
