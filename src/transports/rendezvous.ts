/** A pipe of one place: `push` waits until the reader has taken the chunk, so that no more than one is held in memory. */
export type Rendezvous = {
  /** False: the reader has gone. */
  push(chunk: Uint8Array): Promise<boolean>;
  /** No more chunks will come. */
  end(): void;
  /** The reader has gone: whoever pushes is let go. */
  close(): void;
  readonly chunks: AsyncIterable<Uint8Array>;
};

/** Joins a writer that is called back to a reader that iterates. */
export function createRendezvous(): Rendezvous {
  const state: {
    chunk?: Uint8Array;
    taken?: (() => void) | undefined;
    ended: boolean;
    closed: boolean;
    wake?: (() => void) | undefined;
  } = {
    ended: false,
    closed: false,
  };
  const wake = (): void => {
    const { wake: resolve } = state;
    state.wake = undefined;
    resolve?.();
  };
  const take = (): void => {
    const { taken } = state;
    delete state.chunk;
    state.taken = undefined;
    taken?.();
  };
  return {
    async push(chunk) {
      if (state.chunk !== undefined) throw new Error('one chunk at a time');
      if (state.closed) return false;
      await new Promise<void>((resolve) => {
        state.chunk = chunk;
        state.taken = resolve;
        wake();
      });
      return !state.closed;
    },
    end() {
      state.ended = true;
      wake();
    },
    close() {
      state.closed = true;
      take();
      wake();
    },
    chunks: {
      async *[Symbol.asyncIterator]() {
        while (!state.closed) {
          const { chunk } = state;
          if (chunk !== undefined) {
            yield chunk;
            take();
          } else if (state.ended) return;
          else
            await new Promise<void>((resolve) => {
              state.wake = resolve;
            });
        }
      },
    },
  };
}
