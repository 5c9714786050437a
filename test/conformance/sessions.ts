import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptResult, ScriptRun, Sessions } from '../../src/contract/sessions.ts';
import type { Node } from '../../src/domain/node.ts';
import { poll, processesWith, scriptRun, textOf, uniqueSeconds } from '../ssh/node-for-tests.ts';

/** An adapter under test with one node on this machine that it reaches. */
export type SessionsWorld = { readonly sessions: Sessions; readonly node: Node; close(): Promise<void> };

const MiB = 1_048_576;

/** What every way to a node's shell promises; `open` starts the world once for the suite. */
export function sessionsConformance(name: string, open: () => Promise<SessionsWorld>): void {
  describe(`sessions: ${name}`, () => {
    let world: SessionsWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => {
      await world.close();
    });
    const run = (script: string, fields: Partial<ScriptRun> = {}): Promise<ScriptResult> =>
      world.sessions.run(world.node, scriptRun(script, fields));

    describe('what a script says', () => {
      it('is warm when the node is reached', async () => {
        expect(await world.sessions.warm(world.node)).toEqual({ ok: true });
      });

      it.each([0, 1, 7, 126, 255])('gives back exit code %i', async (code) => {
        expect(await run('exit "$1"', { args: [String(code)] })).toMatchObject({ kind: 'ended', code });
      });

      it('keeps standard output and standard error apart, byte for byte', async () => {
        const result = await run('printf "a\\0b\\377"; printf "no line end" >&2; exit 3');
        expect(result).toMatchObject({ kind: 'ended', code: 3 });
        if (result.kind !== 'ended') return;
        expect(Buffer.from(result.stdout)).toEqual(Buffer.from([97, 0, 98, 255]));
        expect(Buffer.from(result.stderr).toString()).toBe('no line end');
      });

      it('starts in the home folder with an empty input and no variables of ours', async () => {
        expect(
          textOf(await run('cat; [ "$PWD" = "$(cd && pwd)" ] && echo home; echo "${x-}${m-}${v-}${a-}${n-}|"')),
        ).toBe('home\n|\n');
      });

      it('runs the same script again with other arguments', async () => {
        for (const args of [['1'], ['2', 'x y'], []]) {
          expect(textOf(await run('echo "$#" "$@"', { args }))).toBe(`${[args.length, ...args].join(' ')}\n`);
        }
      });

      it('keeps more scripts than a shell remembers apart', async () => {
        for (const round of [0, 1]) {
          for (let number = 0; number < 40; number += 1) {
            expect(textOf(await run(`echo ${number} "$1"`, { args: [String(round)] }))).toBe(`${number} ${round}\n`);
          }
        }
      });

      it('leaves nothing of one script to the next', async () => {
        await run('cd /; export A=1; B=2; set -f; umask 0; trap "echo trapped" EXIT; f() { echo f; }; exit 0');
        expect(textOf(await run('[ "$PWD" != / ] && echo "${A-}${B-}"; f 2>/dev/null || echo none'))).toBe('\nnone\n');
      });

      it('reports a script that the shell cannot parse as its failure', async () => {
        const result = await run('if then fi (');
        expect(result.kind).toBe('ended');
        if (result.kind === 'ended') expect(result.code).not.toBe(0);
        expect(textOf(await run('echo still here'))).toBe('still here\n');
      });

      it('runs several at once, more than a server opens channels', async () => {
        const numbers = Array.from({ length: 24 }, (_, number) => String(number));
        const results = await Promise.all(numbers.map((number) => run('sleep 0.05; echo "$1"', { args: [number] })));
        expect(results.map(textOf)).toEqual(numbers.map((number) => `${number}\n`));
      });

      it('mixes streams and plain runs', async () => {
        const jobs = Array.from({ length: 12 }, (_, number) => {
          const stdin = number % 2 === 0 ? { stdin: Buffer.from(`in ${number}`) } : {};
          return run('cat; echo "$1"', { args: [`arg ${number}`], ...stdin });
        });
        const expected = jobs.map((_, number) => `${number % 2 === 0 ? `in ${number}` : ''}arg ${number}\n`);
        expect((await Promise.all(jobs)).map(textOf)).toEqual(expected);
      });
    });

    describe('arguments', () => {
      const hostile = [
        '',
        ' ',
        "'",
        '"',
        '\\',
        '$(id)',
        '`id`',
        '$HOME',
        '-n',
        '--',
        '*',
        '\n',
        '\n\n',
        'a\n',
        '\na',
        '#',
        ';',
        '!',
        '\t',
        '\r',
        '\u0001',
        '\u007f',
        'é',
        '\u0081',
        '😀',
        '%s',
        '~',
      ];
      const argument = fc.oneof(
        fc.constantFrom(...hostile),
        fc.array(fc.constantFrom(...hostile), { maxLength: 6 }).map((parts) => parts.join('')),
        fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
      );

      it('come back byte for byte, on both paths', async () => {
        const echo = 'for a in "$@"; do printf "%s\\0" "$a"; done';
        await fc.assert(
          fc.asyncProperty(fc.array(argument, { maxLength: 8 }), fc.boolean(), async (args, stream) => {
            const result = await run(echo, { args, ...(stream ? { stdin: Buffer.from('x') } : {}) });
            expect(textOf(result)).toBe(args.map((arg) => `${Buffer.from(arg).toString('utf8')}\0`).join(''));
          }),
          { numRuns: 60 },
        );
      });

      it('can be long', async () => {
        const long = 'x\n'.repeat(20_000);
        expect(textOf(await run('printf %s "$1" | wc -c', { args: [long] })).trim()).toBe('40000');
      });

      it('never hold a byte 0', async () => {
        await expect(run('echo', { args: ['a\0b'] })).rejects.toThrow('byte 0');
      });
    });

    describe('streams', () => {
      it('sends 50 MB to a script, as fast as it reads', async () => {
        const hash = createHash('sha256');
        let sent = 0;
        async function* source(): AsyncGenerator<Uint8Array> {
          const chunk = Buffer.alloc(MiB, 'abcdefg\0\n');
          for (let part = 0; part < 50; part += 1) {
            hash.update(chunk);
            sent += chunk.length;
            yield chunk;
          }
        }
        const before = process.memoryUsage.rss();
        const result = await run('sha256sum | cut -c 1-64', { stdin: source(), timeoutMs: 60_000 });
        expect(textOf(result).trim()).toBe(hash.digest('hex'));
        expect(sent).toBe(50 * MiB);
        expect(process.memoryUsage.rss() - before).toBeLessThan(120 * MiB);
      }, 300_000);

      it('takes 50 MB from a script, as fast as it is read', async () => {
        let bytes = 0;
        let busy = 0;
        let overlapping = 0;
        const result = await run('head -c 52428800 /dev/zero; exit 4', {
          timeoutMs: 60_000,
          outputBytesMax: 10,
          async onStdout(chunk) {
            busy += 1;
            if (busy > 1) overlapping += 1;
            await new Promise((resolve) => setImmediate(resolve));
            bytes += chunk.length;
            busy -= 1;
          },
        });
        expect(result).toMatchObject({ kind: 'ended', code: 4 });
        expect(textOf(result)).toBe('');
        expect(bytes).toBe(52_428_800);
        expect(overlapping).toBe(0);
      }, 300_000);

      it('holds a fast script back while its output is not taken', async () => {
        let bytes = 0;
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        const running = run('head -c 50000000 /dev/zero', {
          timeoutMs: 60_000,
          onStdout: async (chunk) => {
            bytes += chunk.length;
            await held;
          },
        });
        await poll(
          async () => bytes,
          (count) => count > 0,
        );
        const early = bytes;
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(bytes).toBe(early);
        release();
        expect((await running).kind).toBe('ended');
        expect(bytes).toBe(50_000_000);
      }, 300_000);

      it('closes the input when the source ends, and only then', async () => {
        async function* source(): AsyncGenerator<Uint8Array> {
          yield Buffer.from('one\n');
          yield Buffer.from('two\n');
        }
        expect(textOf(await run('cat; echo end', { stdin: source() }))).toBe('one\ntwo\nend\n');
        expect(textOf(await run('cat; echo end', { stdin: new Uint8Array() }))).toBe('end\n');
      });

      it('lets a script end without reading its input, and lets the source go', async () => {
        let returned = false;
        async function* endless(): AsyncGenerator<Uint8Array> {
          try {
            for (;;) yield Buffer.alloc(65_536);
          } finally {
            returned = true;
          }
        }
        expect(await run('exit 5', { stdin: endless() })).toMatchObject({ kind: 'ended', code: 5 });
        expect(await poll(async () => returned, Boolean)).toBe(true);
      });

      it('ends the script when the source or the taker fails', async () => {
        const seconds = uniqueSeconds();
        async function* broken(): AsyncGenerator<Uint8Array> {
          yield Buffer.from('x');
          throw new Error('source');
        }
        const script = 'sleep "$1" & echo x; wait';
        expect(await run(script, { args: [seconds], stdin: broken() })).toMatchObject({ reason: 'cancelled' });
        const refuse = (): Promise<void> => Promise.reject(new Error('taker'));
        expect(await run(script, { args: [seconds], onStdout: refuse })).toMatchObject({ reason: 'cancelled' });
        expect(
          await poll(
            () => processesWith(`sleep ${seconds}`),
            (count) => count === 0,
          ),
        ).toBe(0);
      });
    });

    describe('an end before the end', () => {
      const tree = 'trap "" TERM HUP INT; sleep "$1" & ( trap "" TERM; sleep "$1" & wait ) & echo started; wait';
      const paths: readonly [string, Partial<ScriptRun>][] = [
        ['plain', {}],
        ['streaming', { stdin: Buffer.from('x') }],
      ];

      it.each(paths)('timeout ends the script and its children (%s)', async (_, fields) => {
        const seconds = uniqueSeconds();
        const result = await run(tree, { ...fields, args: [seconds], timeoutMs: 300 });
        expect(result).toMatchObject({ kind: 'unknown', reason: 'timeout' });
        expect(await leftOf(seconds)).toBe(0);
        expect(textOf(await run('echo usable'))).toBe('usable\n');
      });

      it.each(paths)('cancelling does (%s)', async (_, fields) => {
        const seconds = uniqueSeconds();
        const cancel = new AbortController();
        const running = run(tree, { ...fields, args: [seconds], signal: cancel.signal });
        expect(
          await poll(
            () => processesWith(`sleep ${seconds}`),
            (count) => count === 2,
          ),
        ).toBe(2);
        cancel.abort();
        expect(await running).toMatchObject({ kind: 'unknown', reason: 'cancelled' });
        expect(await leftOf(seconds)).toBe(0);
      });

      it('answers at once to a signal given before', async () => {
        expect(await run('sleep 5', { signal: AbortSignal.abort() })).toMatchObject({ reason: 'cancelled' });
      });

      it.each(paths)('too much output does, on either stream (%s)', async (_, fields) => {
        for (const to of ['1', '2']) {
          const seconds = uniqueSeconds();
          const script = `sleep "$1" & while :; do printf %01000d 0 >&${to}; done`;
          const result = await run(script, { ...fields, args: [seconds], outputBytesMax: 100_000 });
          expect(result).toMatchObject({ kind: 'unknown', reason: 'too_much_output' });
          expect(await leftOf(seconds)).toBe(0);
        }
      });

      it('allows exactly as much output as it says', async () => {
        const result = await run('printf %0100000d 0', { outputBytesMax: 100_000 });
        expect(result).toMatchObject({ kind: 'ended', code: 0 });
        expect(textOf(result)).toHaveLength(100_000);
        expect(await run('printf %0100001d 0', { outputBytesMax: 100_000 })).toMatchObject({
          reason: 'too_much_output',
        });
      });

      it.each(paths)('a script that ends leaves no children (%s)', async (_, fields) => {
        const seconds = uniqueSeconds();
        expect(await run('sleep "$1" & exit 6', { ...fields, args: [seconds] })).toMatchObject({
          kind: 'ended',
          code: 6,
        });
        expect(
          await poll(
            () => processesWith(`sleep ${seconds}`),
            (count) => count === 0,
          ),
        ).toBe(0);
        expect(textOf(await run('echo usable'))).toBe('usable\n');
      });

      it('says lost when the shell on the node is killed', async () => {
        expect(await run('kill -KILL 0')).toMatchObject({ kind: 'unknown', reason: 'lost' });
        expect(textOf(await run('echo usable'))).toBe('usable\n');
      });

      it('ends what runs when it is closed', async () => {
        const other = await open();
        const seconds = uniqueSeconds();
        const running = other.sessions.run(other.node, scriptRun(tree, { args: [seconds] }));
        expect(
          await poll(
            () => processesWith(`sleep ${seconds}`),
            (count) => count === 2,
          ),
        ).toBe(2);
        await other.sessions.close();
        expect((await running).kind).toBe('unknown');
        expect(
          await poll(
            () => processesWith(`sleep ${seconds}`),
            (count) => count === 0,
          ),
        ).toBe(0);
        expect(await other.sessions.run(other.node, scriptRun('echo'))).toMatchObject({ reason: 'cancelled' });
        await other.close();
      });
    });
  });
}

/** Processes of that sleep that are left: one that was killed may take a moment to go on a busy machine. */
function leftOf(seconds: string): Promise<number> {
  return poll(
    () => processesWith(`sleep ${seconds}`),
    (count) => count === 0,
    1_000,
  );
}
