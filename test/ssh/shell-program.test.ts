import { describe, expect, it } from 'vitest';
import {
  assertPassable,
  cacheRequest,
  guardRequest,
  residentCommand,
  runRequest,
  streamCommand,
  streamRequest,
} from '../../src/ssh/shell-program.ts';

describe('the commands of an exec request', () => {
  it.each([
    ['resident', residentCommand],
    ['stream', streamCommand],
  ])('%s: passes every login shell unharmed', (_, command) => {
    const words = /^exec sh -c '([^']+)' medic '([^']+)'$/.exec(command);
    expect(words).not.toBeNull();
    for (const text of words?.slice(1) ?? []) expect(text).not.toMatch(/[!\n\r']|\\\\|[^ -~]/);
    expect(command.length).toBeLessThan(2_000);
  });
});

describe('requests', () => {
  it('carry values as counted lines', () => {
    expect(runRequest({ slot: 3, mark: 'm', args: ['a', 'b\nc', '', '\n'] })).toBe(
      'R m 3 4\n1\na\n2\nb\nc\n1\n\n2\n\n\n',
    );
    expect(cacheRequest(7, 'echo 1\necho 2')).toBe('S - 7\n2\necho 1\necho 2\n');
    expect(streamRequest({ mark: 'm', script: 'cat', args: ['x'] })).toBe('m 1\n1\ncat\n1\nx\n');
    expect(guardRequest(123)).toBe('G 123\n');
    expect(guardRequest(null)).toBe('G \n');
  });

  it('refuse a byte 0', () => {
    expect(() => assertPassable(['fine', 'a\0'])).toThrow('byte 0');
    expect(() => assertPassable(['fine', ''])).not.toThrow();
  });
});
