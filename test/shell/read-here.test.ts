import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/contract/fact.ts';
import { readHere } from '../../src/shell/read-here.ts';

/** A question about files that this script answers. */
function asking(script: string, limits: Partial<Fact<unknown>> = {}) {
  return (dir: string, id: string, names: readonly string[]): Fact<ReadonlyMap<string, string>> => ({
    name: 'test',
    script,
    args: [dir, id, ...names],
    timeoutMs: 60_000,
    outputBytesMax: 1_000,
    ...limits,
    parse: ({ code, stdout }) => new Map(names.map((name) => [name, `${code} ${Buffer.from(stdout).toString()}`])),
  });
}

describe('a question about a file here', () => {
  it('gets folder and bare name as arguments, and tells how it ended', async () => {
    const answer = await readHere(import.meta.filename, asking('printf "%s|" "$@"; exit 3'));
    expect(answer).toBe(`3 ${import.meta.dirname}|any|read-here.test.ts|`);
  });

  it('is not asked about what is no file', async () => {
    expect(await readHere(import.meta.dirname, asking('exit 0'))).toBeUndefined();
    expect(await readHere('/no/such/file', asking('exit 0'))).toBeUndefined();
  });

  it.each([
    ['timeout', 'exec sleep 600', { timeoutMs: 50 }],
    ['too_much_output', 'exec yes', {}],
  ])('ends with %s when there is no end of it', async (reason, script, limits) => {
    await expect(readHere(import.meta.filename, asking(script, limits))).rejects.toMatchObject({ reason });
  });
});
