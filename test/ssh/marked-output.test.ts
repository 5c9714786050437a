import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMarkedOutput } from '../../src/ssh/marked-output.ts';

const mark = 'f00dfeed';

describe('output between marks', () => {
  it('is the same however the transport cuts it', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom('f00dfee', 'f00d', '\n', '<', '>0\n').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        fc.nat(255),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (before, body, after, code, cuts) => {
          const whole = Buffer.concat([before, Buffer.from(`${mark}<`), body, Buffer.from(`${mark}>${code}\n`), after]);
          const output = createMarkedOutput(mark, 1_000);
          const states: string[] = [];
          let at = 0;
          for (const cut of [...cuts, whole.length]) {
            if (at >= whole.length || states.at(-1) === 'done') break;
            states.push(output.push(whole.subarray(at, at + cut)));
            at += cut;
          }
          expect(states.at(-1)).toBe('done');
          expect(states.slice(0, -1).every((state) => state === 'more')).toBe(true);
          expect(output.bytes()).toEqual(Buffer.from(body));
          expect(output.trailer()).toBe(String(code));
        },
      ),
    );
  });

  it('keeps nothing back where no end mark comes', () => {
    const output = createMarkedOutput(mark, 1_000);
    output.push(Buffer.from(`${mark}<no space`));
    output.push(Buffer.from(' left'));
    expect(output.bytes().toString()).toBe('no space left');
  });

  it('says over as soon as more bytes than allowed are certain', () => {
    const output = createMarkedOutput(mark, 100);
    expect(output.push(Buffer.from(`${mark}<${'x'.repeat(100)}`))).toBe('more');
    expect(output.push(Buffer.from('x'.repeat(mark.length + 1)))).toBe('over');
  });

  it('does not count what comes before the start mark', () => {
    const output = createMarkedOutput(mark, 1);
    expect(output.push(Buffer.alloc(10_000))).toBe('more');
    expect(output.push(Buffer.from(`${mark}<a${mark}>0\n`))).toBe('done');
  });

  it('is not ended by the mark of another run', () => {
    const output = createMarkedOutput(mark, 100);
    expect(output.push(Buffer.from(`${mark}<0badcafe>0\n`))).toBe('more');
  });
});
