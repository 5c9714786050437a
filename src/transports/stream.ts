import type { Sessions } from '../contract/sessions.ts';
import type { Shipment, ShipmentResult, Transport } from '../contract/transport.ts';
import { ended, type Failed, failed, partialArgs } from './ask.ts';
import { createPacer } from './pacer.ts';
import { askPartial, isRight } from './partial-file.ts';
import { createRendezvous } from './rendezvous.ts';
import { appendTo, readFrom } from './scripts.ts';

const SEND_MS = 6 * 3_600_000;
const ANSWER_BYTES_MAX = 10_000;

/** Brings a file from the source through the worker to the node over two SSH sessions; holds one chunk in memory. */
export function createStreamTransport({ sessions }: { readonly sessions: Sessions }): Transport {
  return {
    name: 'stream',
    async unusable() {
      return undefined;
    },
    async send(shipment) {
      const offset = await offsetOf(sessions, shipment);
      if (typeof offset !== 'number') return offset;
      const sent = await sendFrom(sessions, shipment, offset);
      if (sent.kind === 'failed' || offset === 0) return sent;
      return (await isRight(sessions, shipment)) ? sent : sendWhole(sessions, shipment, sent.bytesSent);
    },
  };
}

/** How many bytes the target has already; a partial file that is longer than the whole is thrown away. */
async function offsetOf(sessions: Sessions, shipment: Shipment): Promise<number | Failed> {
  const { target } = shipment;
  const answer = await askPartial(sessions, shipment, 'partial-size');
  if (typeof answer !== 'string') return answer;
  if (!/^\d+$/.test(answer)) return failed('parse', `${target.name}: the size of the partial file cannot be read`);
  const size = Number(answer);
  if (size <= shipment.bytes) return size;
  return (await remove(sessions, shipment)) ?? 0;
}

async function sendWhole(sessions: Sessions, shipment: Shipment, bytesBefore: number): Promise<ShipmentResult> {
  const trouble = await remove(sessions, shipment);
  if (trouble !== undefined) return trouble;
  const sent = await sendFrom(sessions, shipment, 0);
  return sent.kind === 'failed' ? sent : { ...sent, bytesSent: sent.bytesSent + bytesBefore };
}

async function remove(sessions: Sessions, shipment: Shipment): Promise<Failed | undefined> {
  const answer = await askPartial(sessions, shipment, 'remove-partial');
  return typeof answer === 'string' ? undefined : answer;
}

async function sendFrom(sessions: Sessions, shipment: Shipment, offset: number): Promise<ShipmentResult> {
  const { source, target, signal, onProgress } = shipment;
  const pipe = createRendezvous();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const pacer = createPacer(shipment.bytesPerSecond, either);
  let sent = 0;
  const writing = sessions.run(target, {
    name: 'append',
    script: appendTo,
    args: [...partialArgs(shipment), String(offset)],
    stdin: pipe.chunks,
    timeoutMs: SEND_MS,
    outputBytesMax: ANSWER_BYTES_MAX,
    signal: either,
  });
  const reading = sessions.run(source, {
    name: 'read-from',
    script: readFrom,
    args: [shipment.sourceFolder, shipment.sourcePath, String(offset), String(shipment.bytes)],
    timeoutMs: SEND_MS,
    outputBytesMax: ANSWER_BYTES_MAX,
    signal: either,
    async onStdout(chunk) {
      await pacer.passed(chunk.byteLength);
      if (!(await pipe.push(chunk))) return;
      sent += chunk.byteLength;
      onProgress(offset + sent);
    },
  });
  // Whichever side fails first ends the other; the part that arrived stays and can be gone on with.
  const written = writing.then((result) => {
    pipe.close();
    if (result.kind === 'unknown' || result.code !== 0) stop.abort();
    return result;
  });
  const read = await reading;
  if (read.kind === 'unknown' || read.code !== 0) stop.abort();
  pipe.end();
  const answer = await written;
  if (answer.kind === 'ended' && answer.code !== 0) return ended(target, answer.code, answer.stderr);
  if (read.kind === 'ended' && read.code !== 0) return ended(source, read.code, read.stderr);
  if (answer.kind === 'unknown' && answer.reason !== 'cancelled')
    return failed(answer.reason, `${target.name}: ${answer.detail}`);
  if (read.kind === 'unknown') return failed(read.reason, `${source.name}: ${read.detail}`);
  if (answer.kind === 'unknown') return failed(answer.reason, `${target.name}: ${answer.detail}`);
  const size = new TextDecoder().decode(answer.stdout).trim();
  if (size !== String(shipment.bytes))
    return failed('short', `${size} of ${shipment.bytes} bytes arrived on ${target.name}`);
  return { kind: 'arrived', bytesSent: sent };
}
