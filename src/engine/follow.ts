import type { Fact } from '../contract/fact.ts';
import type { Intake, RawBatch } from '../contract/intake.ts';
import type { Logger } from '../contract/logger.ts';
import type { Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';
import { createReader } from './reader.ts';

/** Batches that nobody has taken, above which nothing more is read: what is not read is still there. */
const BATCHES_WAITING_MAX = 64;
/** Batches that one source may hand over in one round. */
const BATCHES_MAX = 16;

/** One source on the coordinator that is read on from where it was read last. */
export type Followed = {
  /** Equal for the same source over restarts. */
  readonly key: string;
  /** What came since a position; undefined: from now on. Gives the position behind it, as text. */
  readonly ask: (position: string | undefined) => Fact<{
    readonly position: string;
    readonly batch: RawBatch | undefined;
    readonly more: boolean;
    readonly lost: boolean;
  }>;
};

/** Reads every source on, and hands over what came; a worker that dies in between has handed over all of a part or nothing of it. */
export async function followSources(options: {
  readonly node: Node;
  readonly sources: readonly Followed[];
  readonly sessions: Sessions;
  readonly intake: Intake;
  readonly logger: Logger;
}): Promise<void> {
  for (const source of options.sources) {
    try {
      await followOne(source, options);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      options.logger.warn(
        { source: source.key, reason: error.reason, detail: error.message },
        'a source cannot be followed; it is tried again',
      );
    }
  }
}

async function followOne(
  { key, ask }: Followed,
  { node, sessions, intake, logger }: Parameters<typeof followSources>[0],
): Promise<void> {
  for (let part = 0; part < BATCHES_MAX; part += 1) {
    if ((await intake.waiting()) >= BATCHES_WAITING_MAX) {
      logger.warn({ source: key }, 'nobody takes what was read; it is read on later');
      return;
    }
    const before = await intake.position(key);
    const { position, batch, more, lost } = await createReader(sessions, node)(ask(before));
    if (lost)
      logger.warn({ source: key }, 'what stood behind the last position is gone; it is read from the beginning');
    if (position === before && batch === undefined) return;
    if (!(await intake.advance(key, before, position, batch)) || !more) return;
  }
}
