import type { Sessions } from '../contract/sessions.ts';
import type { Shipment, ShipmentResult, Transport } from '../contract/transport.ts';
import { ask, ended, failed, partialArgs } from './ask.ts';
import { askPartial, isRight } from './partial-file.ts';
import { pullWithCurl, rsyncTools } from './scripts.ts';

const PULL_MS = 6 * 3_600_000;
const LOOK_MS = 2_000;
const ANSWER_BYTES_MAX = 10_000;

/** What nodes need to pull from: a URL with `{file}`, and the one node whose files are there. */
export type HttpSource = { readonly url: string; readonly token: string | undefined; readonly node: string };

/** The node pulls the file itself with curl from an address of medic.yaml. Address and token reach it on standard input, never as arguments. */
export function createHttpTransport(options: {
  readonly sessions: Sessions;
  readonly source: () => HttpSource | undefined;
}): Transport {
  const { sessions, source } = options;
  return {
    name: 'http',
    async unusable({ source: from, target, signal }) {
      const known = source();
      if (known === undefined) return 'medic.yaml names no address to pull from (transports.http)';
      if (known.node !== from.name) return `the address of medic.yaml serves what ${known.node} has, not ${from.name}`;
      const missing = await ask({ sessions, node: target, name: 'tools', script: rsyncTools, args: ['curl'], signal });
      if (typeof missing !== 'string') return missing.detail;
      return missing === '' ? undefined : `${target.name} has no ${missing}`;
    },
    async send(shipment) {
      const known = source();
      if (known === undefined) return failed('no_route', 'medic.yaml names no address to pull from', 'final');
      const first = await pull(sessions, shipment, known);
      if (first.kind === 'failed' || first.before === 0) return first;
      if (await isRight(sessions, shipment)) return first;
      // What was gone on with was part of another file.
      const removed = await askPartial(sessions, shipment, 'remove-partial');
      if (typeof removed !== 'string') return removed;
      const second = await pull(sessions, shipment, known);
      return second.kind === 'failed' ? second : { kind: 'arrived', bytesSent: first.bytesSent + second.bytesSent };
    },
  };
}

type Pulled = Extract<ShipmentResult, { kind: 'failed' }> | { kind: 'arrived'; bytesSent: number; before: number };

async function pull(sessions: Sessions, shipment: Shipment, from: HttpSource): Promise<Pulled> {
  const { target, signal, bytes } = shipment;
  const watching = watch(sessions, shipment);
  try {
    const result = await sessions.run(target, {
      name: 'pull-with-curl',
      script: pullWithCurl,
      args: [...partialArgs(shipment), String(bytes)],
      stdin: new TextEncoder().encode(curlConfig(from, shipment)),
      timeoutMs: PULL_MS,
      outputBytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    if (result.kind === 'unknown') return failed(result.reason, `${target.name}: ${result.detail}`);
    if (result.code !== 0) return ended(target, result.code, result.stderr);
    const [before = 0, now = 0] = new TextDecoder().decode(result.stdout).trim().split(' ').map(Number);
    // curl has everything that the source has; what is too short stays too short.
    if (now !== bytes) return failed('short', `the source's file has ${now} bytes instead of ${bytes}`, 'final');
    shipment.onProgress(bytes);
    return { kind: 'arrived', bytesSent: now - before, before };
  } finally {
    watching.stop();
  }
}

/** Looks now and then how much has arrived, for progress alone. */
function watch(sessions: Sessions, shipment: Shipment): { stop(): void } {
  const { signal } = shipment;
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const timer = setInterval(() => {
    void askPartial(sessions, shipment, 'partial-size', either).then((size) => {
      if (typeof size === 'string' && /^\d+$/.test(size) && !either.aborted) shipment.onProgress(Number(size));
    });
  }, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      done.abort();
    },
  };
}

/** Lines of a curl configuration; in its quotes only backslash and quotation mark mean something. */
function curlConfig({ url, token }: HttpSource, { sourcePath: file, bytesPerSecond }: Shipment): string {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const lines = [`url = ${quoted(url.replace('{file}', () => encodeURIComponent(file)))}`];
  if (token !== undefined) lines.push(`header = ${quoted(`Authorization: Bearer ${token}`)}`);
  if (bytesPerSecond !== undefined) lines.push(`limit-rate = ${Math.max(1, Math.floor(bytesPerSecond))}`);
  return `${lines.join('\n')}\n`;
}
