import type { Envelope, EnvelopeOrder, Grant } from '../../../src/domain/envelope.ts';
import { ALICE, BOB, CAROL, NOON } from './plans.ts';

export const ENVELOPE = 'e-0412aa07';

/** What Alice proposed: aliases of one model on three nodes, for two weeks. */
export function anEnvelope(but: Partial<Envelope> = {}): Envelope {
  return {
    id: ENVELOPE,
    cluster: 'ringrift',
    by: ALICE,
    at: NOON,
    until: '2026-03-15T12:00:00.000Z',
    repairs: ['link-aliases'],
    models: ['hex8_2p'],
    nodes: ['vast-1', 'vast-2', 'vast-3'],
    nodesPerPlan: 2,
    perHour: 3,
    reason: 'nights',
    ...but,
  };
}

/** Bob and Carol let it go live. */
export function aGrant(but: Partial<Grant> = {}): Grant {
  return { kind: 'standing', envelope: anEnvelope(), live: true, approvers: [BOB, CAROL], ...but };
}

/** The orders that make it live, or only let it count. */
export function givenOrders(live: boolean, envelope = anEnvelope()): EnvelopeOrder[] {
  const granted = (isLive: boolean): EnvelopeOrder[] => [
    ...[BOB, CAROL].map((by) => ({ kind: 'envelope_approved' as const, id: envelope.id, by, at: NOON, live: isLive })),
    {
      kind: 'envelope_granted',
      id: envelope.id,
      at: NOON,
      signed: { grant: aGrant({ envelope, live: isLive }), key: 'bot', signature: 'c2lnbmVk' },
    },
  ];
  return [{ kind: 'envelope_proposed', envelope }, ...granted(false), ...(live ? granted(true) : [])];
}
