/** One read-only question to a node: a fixed script and a pure parser of its answer. `args` are positional, never shell text. */
export type Fact<T> = {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Leaves nothing behind, but writes while it runs: only probes may ask it. */
  readonly writes?: true;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  /** Throws a Fault (`parse`, `no_tool`, `no_folder`, `permission` …) when the answer is none. */
  readonly parse: (answer: { readonly code: number; readonly stdout: Uint8Array; readonly stderr: string }) => T;
};

/** Asks one node; throws a Fault with the reason when nobody knows. The only thing a check is given to reach a node. */
export type Read = <T>(fact: Fact<T>) => Promise<T>;
