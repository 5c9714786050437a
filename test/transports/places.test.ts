import { expect, it } from 'vitest';
import { createPlaces } from '../../src/transports/places.ts';

const never = new AbortController().signal;

it('lets so many in under one name, the next when one leaves, and other names at once', async () => {
  const places = createPlaces();
  const first = await places.enter('a', 1, never);
  let second: (() => void) | undefined;
  const waiting = places.enter('a', 1, never).then((leave) => {
    second = leave;
  });
  expect(await places.enter('b', 1, never)).toBeTypeOf('function');
  expect(second).toBeUndefined();
  first?.();
  first?.();
  await waiting;
  expect(second).toBeTypeOf('function');
});

it('who gives up waiting takes no place from the next', async () => {
  const places = createPlaces();
  const first = await places.enter('a', 1, never);
  const stop = new AbortController();
  const gone = places.enter('a', 1, stop.signal);
  const next = places.enter('a', 1, never);
  stop.abort();
  expect(await gone).toBeUndefined();
  first?.();
  expect(await next).toBeTypeOf('function');
});
