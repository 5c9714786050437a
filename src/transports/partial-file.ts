import type { Sessions } from '../contract/sessions.ts';
import type { Shipment } from '../contract/transport.ts';
import { ask, type Failed, partialArgs } from './ask.ts';
import { partialDigest, partialRoom, partialSize, removePartial } from './scripts.ts';

const SCRIPTS = {
  'partial-digest': partialDigest,
  'partial-room': partialRoom,
  'partial-size': partialSize,
  'remove-partial': removePartial,
} as const;

/** Runs one script on a shipment's partial file and returns its one line of output, or why there is none. */
export function askPartial(
  sessions: Sessions,
  shipment: Shipment,
  name: keyof typeof SCRIPTS,
  signal = shipment.signal,
): Promise<string | Failed> {
  return ask({ sessions, node: shipment.target, name, script: SCRIPTS[name], args: partialArgs(shipment), signal });
}

/** Whether the partial file has the digest of the whole: what was gone on with may stem from another file. */
export async function isRight(sessions: Sessions, shipment: Shipment): Promise<boolean> {
  return (await askPartial(sessions, shipment, 'partial-digest')) === shipment.digest;
}
