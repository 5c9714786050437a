import type { Entry, Event } from '../domain/entry.ts';
import { AHEAD_WORDS, progressWords } from '../domain/transfer-progress.ts';
import { count } from '../domain/wording.ts';
import { visible } from './print.ts';

const QUIET_MS = 10_000;

/** Progress on standard error: one line that is written over on a terminal, a line every 10 s elsewhere. */
export function createProgress(stream: NodeJS.WriteStream): {
  readonly show: (entry: Entry) => void;
  readonly end: () => void;
} {
  let lastMs = Date.now();
  let open = false;
  return {
    show({ event }) {
      const said = wordsOf(event);
      if (said === undefined) return;
      const words = visible(said);
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${words}`);
        open = true;
      } else if (Date.now() - lastMs >= QUIET_MS) {
        stream.write(`${words}\n`);
        lastMs = Date.now();
      }
    },
    end() {
      if (open) stream.write('\r\u001b[K');
    },
  };
}

function wordsOf(event: Event): string | undefined {
  if (event.kind === 'check_started') return `looking at ${count(event.scope.nodes.length, 'node')} …`;
  if (event.kind === 'plan_started') return 'planning …';
  if (event.kind === 'step_started') return `${event.node}: ${event.undo ? 'undoing ' : ''}${event.title} …`;
  if (event.kind === 'ahead_started') return `${event.node}: ${AHEAD_WORDS} …`;
  if (event.kind === 'progress') return `${event.node}: ${progressWords(event)}`;
  if (event.kind === 'target_ended') return `${event.result.node}: ${event.result.outcome.replaceAll('_', ' ')}`;
  return undefined;
}
