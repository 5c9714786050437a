import type { UnderStanding } from '../domain/approval.ts';
import { type Envelope, type Grant, hashEnvelope } from '../domain/envelope.ts';
import { type ReceiptId, RequestId } from '../domain/names.ts';
import type { TargetResult } from '../domain/receipt.ts';
import type { Standing } from '../domain/standing.ts';
import type { Kit } from './kit.ts';

/** A standing approval as this worker knows it: how often it ran under it, and whether it was stopped, by people or here. */
export async function underStanding(
  { changesUnder, journal, now }: Pick<Kit, 'changesUnder' | 'journal' | 'now'>,
  standing: Standing,
  grant: Grant,
): Promise<UnderStanding> {
  const { envelope } = grant;
  const told = standing.envelopes.get(envelope.id)?.stopped !== undefined;
  return {
    grant,
    changes: await changesUnder(envelope.id).lately(now().getTime()),
    stopped: told || (await journal.begun(stopMark(envelope))),
  };
}

const WELL = new Set(['verified', 'already_right', 'skipped', 'not_started']);

/** Ends a standing approval at the first change under it that did not go well: in the orders for everybody, and in this worker's own journal, which no Redis forgets. */
export async function stopStanding(
  { orders, journal, now }: Pick<Kit, 'orders' | 'journal' | 'now'>,
  envelope: Envelope | undefined,
  receipt: ReceiptId,
  results: readonly Pick<TargetResult, 'node' | 'outcome'>[],
): Promise<string | undefined> {
  const failed = results.find(({ outcome }) => !WELL.has(outcome));
  if (envelope === undefined || failed === undefined) return undefined;
  const reason = `${receipt} ended as ${failed.outcome.replaceAll('_', ' ')} on ${failed.node}`;
  await journal.begin(stopMark(envelope));
  const at = now().toISOString();
  await orders.append({ kind: 'envelope_stopped', id: envelope.id, by: 'alert:worker', at, reason });
  return `Standing approval ${envelope.id} is stopped: nothing more runs under it.`;
}

/** The journal keeps 128 bits a name: those of the envelope's hash stand for its end. */
function stopMark(envelope: Envelope): RequestId {
  return RequestId.parse(hashEnvelope(envelope).slice(0, 32));
}
