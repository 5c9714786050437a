import type { Logger } from '../contract/logger.ts';

/** After the time to drain what is still running is cut off, and has this long to be undone and written down (ms). */
const LAST_MS = 20_000;

export type DrainOptions = {
  readonly logger: Logger;
  /** How long running work may go on. */
  readonly drainMs: number;
  /** Takes nothing new; resolves when what was running has ended. */
  drain(): Promise<void>;
  /** Cuts off what is still running; `drain` resolves soon after. */
  cut?(): void;
  /** Lets go of connections. */
  close(): Promise<void>;
};

/**
 * Ends the process on SIGTERM or SIGINT: nothing new is taken, running work ends or is cut off when its time is over, exit 0. A second
 * signal, or the end of the process that forked this one, cuts at once. What even then does not end is left to be found by the next
 * process, exit 1.
 */
export function drainOnSignal(options: DrainOptions): void {
  const { logger, drainMs } = options;
  let cutTimer: NodeJS.Timeout | undefined;
  let draining = false;
  const cutSoon = (ms: number): void => {
    clearTimeout(cutTimer);
    cutTimer = setTimeout(() => {
      options.cut?.();
      setTimeout(() => leave(1), LAST_MS).unref();
    }, ms);
  };
  const begin = (ms: number): void => {
    if (draining) return cutSoon(0);
    draining = true;
    cutSoon(ms);
    drained().then(
      () => leave(0),
      (error: unknown) => {
        logger.error({ error }, 'did not end in order');
        leave(1);
      },
    );
  };
  const drained = async (): Promise<void> => {
    logger.info({ drainMs }, 'ending: nothing new is taken, what is running may end');
    await options.drain();
    await options.close();
  };
  const leave = (code: 0 | 1): void => {
    if (code === 1)
      logger.error({}, 'ended with work under way; it is told as lost or begun again by the next process');
    process.exit(code);
  };
  process.on('SIGINT', () => begin(drainMs));
  process.on('SIGTERM', () => begin(drainMs));
  process.once('disconnect', () => begin(0));
}
