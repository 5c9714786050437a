import type { Logger } from '../contract/logger.ts';

/** Something that is done again and again while the process runs. */
export type Task = {
  /** As the log names it: `ends prompts`. */
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
};

/** Runs each task at its own pace and never twice at once; one that fails is said in the log and has its next turn. `stop` resolves when the turns under way have ended. */
export function startTasks(tasks: readonly Task[], logger: Logger): { stop(): Promise<void> } {
  const turns = new Set<Promise<void>>();
  const timers = tasks.map((task) => {
    let running = false;
    const turn = async (): Promise<void> => {
      if (running) return;
      running = true;
      try {
        await task.run();
      } catch (error) {
        logger.warn({ task: task.name, error }, 'a periodic task failed and is tried again');
      } finally {
        running = false;
      }
    };
    return setInterval(() => {
      const taken = turn();
      turns.add(taken);
      void taken.then(() => turns.delete(taken));
    }, task.everyMs);
  });
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(turns);
    },
  };
}
