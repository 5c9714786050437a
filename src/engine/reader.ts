import type { Fact, Read } from '../contract/fact.ts';
import type { Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import type { Instant } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';

/** How much of an answer is remembered for an excerpt. */
const TEXT_BYTES_MAX = 20_000;

/** What a node was asked and what came back; `text` is its standard output without control characters, as much as is worth showing. */
export type Answered = {
  readonly fact: Pick<Fact<unknown>, 'name' | 'args'>;
  readonly code: number;
  readonly text: string;
  readonly at: Instant;
};

/** Told of each answer as it comes. */
type Listener = { readonly hear: (answer: Answered) => void; readonly now: () => Date };

/** Equal for the same question to one node. */
export function questionKey({ name, args }: Pick<Fact<unknown>, 'name' | 'args'>): string {
  return JSON.stringify([name, args]);
}

/** A node's reader: asks each fact with the same arguments once, so that checks of one look share one round trip. */
export function createReader(sessions: Sessions, node: Node, listener?: Listener): Read {
  const answers = new Map<string, Promise<unknown>>();
  return <T>(fact: Fact<T>): Promise<T> => {
    const key = questionKey(fact);
    const known = answers.get(key);
    // The key holds the fact's name and every argument, so the answer was parsed by the same fact.
    if (known !== undefined) return known as Promise<T>;
    const answer = ask(sessions, node, fact, listener);
    answers.set(key, answer);
    return answer;
  };
}

async function ask<T>(sessions: Sessions, node: Node, fact: Fact<T>, listener: Listener | undefined): Promise<T> {
  const { name, script, args, timeoutMs, outputBytesMax } = fact;
  const result = await sessions.run(node, { name, script, args, timeoutMs, outputBytesMax });
  if (result.kind === 'unknown') throw new Fault(result.reason, result.detail);
  const { code, stdout } = result;
  listener?.hear({ fact: { name, args }, code, text: textOf(stdout), at: listener.now().toISOString() });
  return fact.parse({ code, stdout, stderr: new TextDecoder().decode(result.stderr) });
}

function textOf(stdout: Uint8Array): string {
  return new TextDecoder().decode(stdout.subarray(0, TEXT_BYTES_MAX)).replace(/\p{Cc}+/gu, ' ');
}
