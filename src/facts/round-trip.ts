import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';

const TIMEOUT_MS = 15_000;

/** Does a shell answer there? Asks for nothing else. */
export function roundTrip(): Fact<true> {
  return {
    name: 'round-trip',
    script: 'echo here',
    args: [],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: 1_000,
    parse({ code, stdout }) {
      if (code === 0 && Buffer.from(stdout).toString('utf8') === 'here\n') return true;
      throw new Fault('parse', 'a shell answers, but not with what it was asked to say');
    },
  };
}
