/** Lines that are written now and read when there is a reader; never waits, so only for few and short ones. */
export type Lines = {
  push(line: string): void;
  /** No more will come. */
  end(): void;
  readonly chunks: AsyncIterable<Uint8Array>;
};

/** An input that stays open for words that are not known yet. */
export function createLines(): Lines {
  const waiting: string[] = [];
  let ended = false;
  let wake = (): void => undefined;
  return {
    push(line) {
      if (ended) return;
      waiting.push(line);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    chunks: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const text = waiting.splice(0).join('\n');
          if (text !== '') yield new TextEncoder().encode(`${text}\n`);
          else if (ended) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
    },
  };
}
