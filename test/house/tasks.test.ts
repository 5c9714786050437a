import { afterEach, describe, expect, it } from 'vitest';
import { startTasks, type Task } from '../../src/house/tasks.ts';
import { until } from '../support/flow/until.ts';

const started: { stop(): void }[] = [];
const said: { readonly fields: object; readonly message: string }[] = [];

afterEach(() => {
  for (const tasks of started.splice(0)) tasks.stop();
  said.length = 0;
});

function start(...tasks: readonly Task[]): { stop(): void } {
  const note = (fields: object, message: string) => void said.push({ fields, message });
  const running = startTasks(tasks, { info: note, warn: note, error: note });
  started.push(running);
  return running;
}

describe('periodic tasks', () => {
  it('run again and again, and one that fails has its next turn and stops no other', async () => {
    let failed = 0;
    let went = 0;
    start(
      {
        name: 'fails',
        everyMs: 2,
        run: async () => {
          failed += 1;
          throw new Error(`turn ${failed}`);
        },
      },
      { name: 'goes', everyMs: 2, run: async () => void (went += 1) },
    );
    await until('three turns of each', () => failed >= 3 && went >= 3);
    expect(said[0]).toMatchObject({ fields: { task: 'fails', error: new Error('turn 1') } });
  });

  it('never run twice at once', async () => {
    let turns = 0;
    let ticks = 0;
    const release = new AbortController();
    const released = new Promise<void>((resolve) => release.signal.addEventListener('abort', () => resolve()));
    start(
      {
        name: 'long',
        everyMs: 1,
        run: () => {
          turns += 1;
          return released;
        },
      },
      { name: 'clock', everyMs: 1, run: async () => void (ticks += 1) },
    );
    await until('some time', () => ticks >= 10);
    expect(turns).toBe(1);
    release.abort();
    await until('its next turn', () => turns > 1);
  });

  it('have no turn after stop', async () => {
    let turns = 0;
    const tasks = start({ name: 'stopped', everyMs: 1, run: async () => void (turns += 1) });
    await until('a turn', () => turns > 0);
    tasks.stop();
    const after = turns;
    let ticks = 0;
    start({ name: 'clock', everyMs: 1, run: async () => void (ticks += 1) });
    await until('some time', () => ticks >= 10);
    expect(turns).toBe(after);
  });
});
