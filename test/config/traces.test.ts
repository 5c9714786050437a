import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { headersIn } from '../../src/config/traces.ts';

const read = (env: Record<string, string>, cwd = tmpdir()) => {
  const { environment, faults } = readEnvironment(env, cwd);
  return { traces: environment.traces, faults: faults.map(({ place, text }) => `${place} ${text}`) };
};

it.each([
  [{}, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=b', OTEL_SERVICE_NAME: 'x' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, 'http://127.0.0.1:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example.net/base/' }, 'https://otel.example.net/base/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/spans' }, 'http://127.0.0.1:1/spans'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:2/x' },
    'http://127.0.0.1:2/x',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    'http://h:4318/v1/traces',
  ],
])('%o: spans go to %s', (env, url) => {
  const { traces, faults } = read(env);
  expect(faults).toEqual([]);
  expect(traces?.url).toBe(url);
});

it.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318', /^OTEL_EXPORTER_OTLP_ENDPOINT must be the http\(s\) address/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://127.0.0.1:4317', /must be the http\(s\) address/],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'not an address', /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:hidden@127.0.0.1:4318', /a token goes into OTEL_EXPORTER_OTLP_HEADERS/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318/?key=hidden', /must be a plain address/],
])('%s may not be %s', (name, value, words) => {
  const { traces, faults } = read({ [name]: value });
  expect(traces).toBeNull();
  expect(faults).toEqual([expect.stringMatching(words)]);
  expect(faults.join()).not.toContain('hidden');
});

it('says of gRPC that it is not spoken, and of headers how they are written', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' };
  expect(read({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }).faults).toEqual([
    expect.stringMatching(/^OTEL_EXPORTER_OTLP_PROTOCOL must be http\/json/),
  ]);
  const { faults } = read({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'hidden' });
  expect(faults).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_HEADERS must be name=value/)]);
  expect(faults.join()).not.toContain('hidden');
});

it('takes headers from a file, like every secret, and shows them nowhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medic-headers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  writeFileSync(join(folder, 'headers'), 'authorization=Bearer hidden\n');
  const { traces, faults } = read(
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_HEADERS_FILE: 'headers' },
    folder,
  );
  expect(faults).toEqual([]);
  expect(JSON.stringify(traces)).not.toContain('hidden');
  expect(headersIn(traces?.headers?.reveal() ?? '')).toEqual({ authorization: 'Bearer hidden' });
});

it.each([
  ['a=b', { a: 'b' }],
  ['a=b, c = d', { a: 'b', c: 'd' }],
  ['authorization=Basic%20dTpw', { authorization: 'Basic dTpw' }],
  ['x=a=b', { x: 'a=b' }],
  ['x=', { x: '' }],
  ['', undefined],
  ['a', undefined],
  ['=b', undefined],
  ['a b=c', undefined],
  ['a=%', undefined],
  ['a=%0d%0ab: c', undefined],
])('headers %j are %o', (text, headers) => expect(headersIn(text)).toEqual(headers));
