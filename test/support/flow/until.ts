import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until there is an answer other than undefined and false; throws with the question after `ms`. */
export async function until<T>(
  question: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 120_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`did not happen in ${ms} ms: ${question}`);
    await sleep(15);
  }
}
