/** Lines as they stand in a log or rows of the delivery ledger, read on the coordinator and not yet understood. */
export type RawBatch = {
  readonly source: 'log' | 'ledger';
  /** Which file, relative to the cluster's own folder. */
  readonly path: string;
  /** Whole lines; of the ledger one JSON object a line. */
  readonly text: string;
  /** Minutes that the coordinator's clock is ahead of UTC: its logs name no zone. */
  readonly offsetMinutes: number;
};

/** Raw batches between the worker that reads them and the bot that understands them; durable when a promise resolves. */
export type Intake = {
  /** Up to where a source was read, as its reader wrote it; undefined: never. */
  position(source: string): Promise<string | undefined>;
  /** Moves on from `before` and hands the batch over in one act; false: somebody else has moved on meanwhile, and nothing was done. */
  advance(source: string, before: string | undefined, after: string, batch?: RawBatch): Promise<boolean>;
  /** How many batches nobody has taken yet. */
  waiting(): Promise<number>;
  /** The oldest batches that nobody has taken. */
  next(limit: number): Promise<readonly { readonly id: string; readonly batch: RawBatch }[]>;
  /** It was understood, and what came of it is durable. */
  taken(id: string): Promise<void>;
};
