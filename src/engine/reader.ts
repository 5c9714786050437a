import type { Fact, Read } from '../contract/fact.ts';
import type { Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';

/** A node's reader: asks each fact with the same arguments once, so that checks of one look share one round trip. */
export function createReader(sessions: Sessions, node: Node): Read {
  const answers = new Map<string, Promise<unknown>>();
  return <T>(fact: Fact<T>): Promise<T> => {
    const key = JSON.stringify([fact.name, fact.args]);
    const known = answers.get(key);
    // The key holds the fact's name and every argument, so the answer was parsed by the same fact.
    if (known !== undefined) return known as Promise<T>;
    const answer = ask(sessions, node, fact);
    answers.set(key, answer);
    return answer;
  };
}

async function ask<T>(sessions: Sessions, node: Node, fact: Fact<T>): Promise<T> {
  const { script, args, timeoutMs, outputBytesMax } = fact;
  const result = await sessions.run(node, { script, args, timeoutMs, outputBytesMax });
  if (result.kind === 'unknown') throw new Fault(result.reason, result.detail);
  return fact.parse({ code: result.code, stdout: result.stdout, stderr: new TextDecoder().decode(result.stderr) });
}
