/** Lets a limited number of users in at once, first come first served. */
export type Gate = {
  /** Waits for a place; call the answer once to leave. `waited`: there was a queue. */
  enter(): Promise<{ readonly leave: () => void; readonly waited: boolean }>;
  /** Lowers the number of places; those inside stay. */
  shrink(places: number): void;
  /** Nobody inside and nobody waiting. */
  readonly idle: () => boolean;
};

/** A gate with so many places. */
export function createGate(places: number): Gate {
  const queue: (() => void)[] = [];
  let inside = 0;
  let limit = places;

  const admit = (): void => {
    while (inside < limit) {
      const next = queue.shift();
      if (next === undefined) return;
      inside += 1;
      next();
    }
  };
  const leaver = (): (() => void) => {
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      inside -= 1;
      admit();
    };
  };

  return {
    async enter() {
      if (inside < limit && queue.length === 0) {
        inside += 1;
        return { leave: leaver(), waited: false };
      }
      await new Promise<void>((resolve) => queue.push(resolve));
      return { leave: leaver(), waited: true };
    },
    shrink(count) {
      limit = Math.max(1, Math.min(limit, count));
    },
    idle: () => inside === 0 && queue.length === 0,
  };
}
