import type { LookContext } from '../../src/contract/job.ts';
import { Fault, type UnknownReason } from '../../src/domain/fault.ts';
import { eventsOf } from '../../src/domain/log-lines.ts';
import type { DeliveryLedger } from '../../src/facts/delivery-ledger.ts';
import type { DistributionLogs } from '../../src/facts/distribution-log.ts';
import { nodeAt } from './daemon-cache.ts';
import { readLedger, readLogs } from './daemon-sources.ts';
import { shown } from './survey-of.ts';

/** What the daemon tells of failures on one node; `others`: nodes that it sent to besides, and on how many of them it failed too. */
export type Failures = {
  readonly kind: 'told';
  readonly count: number;
  readonly lines: readonly string[];
  readonly breaker: boolean;
  readonly checksum: boolean;
  readonly others: { readonly sentTo: number; readonly failed: number };
};

type Unread = { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly detail: string };

/** Reads ledger and logs on the coordinator, once for all nodes of a look, and takes what is about this one. */
export async function failuresOf(context: LookContext): Promise<Failures | Unread> {
  const hub = context.fleet.find(({ node }) => node.coordinator);
  if (hub === undefined) return { kind: 'unknown', reason: 'no_record', detail: 'the coordinator is not active' };
  const there = { ...context, ...hub };
  try {
    const [ledger, logs] = await Promise.all([readLedger(there), readLogs(there)]);
    return about(context, ledger, logs);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return {
      kind: 'unknown',
      reason: error.reason,
      detail: `the daemon's ledger and log: ${error.message}`.slice(0, 1_000),
    };
  }
}

function about(context: LookContext, ledger: DeliveryLedger, { logs, nowMs }: DistributionLogs): Failures {
  const { node, models } = context;
  const meant = (file: string): boolean => models.some(({ canonical, alias }) => canonical === file || alias === file);
  const failed = ledger.kind === 'read' ? ledger.failed : [];
  const nowS = ledger.kind === 'read' ? ledger.nowS : 0;
  const mine = failed.filter(
    ({ node: host, files }) => nodeAt(context, host)?.name === node.name && (files.length === 0 || files.some(meant)),
  );
  const events = eventsOf(logs.flatMap(({ lines }) => lines)).filter(
    ({ kind, host, file }) =>
      kind !== 'worked' &&
      host !== undefined &&
      nodeAt(context, host)?.name === node.name &&
      (file === undefined || meant(file)),
  );
  const lines = [
    ...mine.map(
      ({ reason, count, lastS, files }) =>
        `ledger: ${count} × ${shown(reason)} (${files.map(shown).join(', ')}), last ${ago((nowS - lastS) * 1_000)}`,
    ),
    ...events.map(({ detail, atMs }) => `log: ${shown(detail)}, ${ago(nowMs - atMs)}`),
  ];
  const inLedger = mine.reduce((sum, { count }) => sum + count, 0);
  const failing = new Set(failed.map(({ node: host }) => host));
  const sentTo = ledger.kind === 'read' ? Math.max(0, ledger.nodes - 1) : 0;
  return {
    kind: 'told',
    count: Math.max(inLedger, events.filter(({ kind }) => kind === 'failed' || kind === 'mismatch').length),
    lines: lines.map((line) => line.slice(0, 500)),
    breaker:
      events.some(({ kind }) => kind === 'breaker') || mine.some(({ reason }) => /circuit breaker/i.test(reason)),
    checksum: events.some(({ kind }) => kind === 'mismatch') || mine.some(({ reason }) => /checksum/i.test(reason)),
    others: { sentTo, failed: Math.max(0, failing.size - (mine.length > 0 ? 1 : 0)) },
  };
}

function ago(ms: number): string {
  return `${Math.max(0, Math.round(ms / 60_000))} min ago`;
}
