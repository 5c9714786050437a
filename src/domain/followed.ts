import { z } from 'zod';
import { eventsOf, type LogEvent, parseLog } from './log-lines.ts';
import type { Node } from './node.ts';

/** A failed delivery as the daemon's ledger keeps it. */
export const FailedRow = z.strictObject({
  node: z.string(),
  reason: z.string(),
  file: z.string(),
  tried: z.number().nullable(),
  most: z.number().nullable(),
  /** Epoch seconds. */
  atS: z.number(),
});
export type FailedRow = z.infer<typeof FailedRow>;

type Body = Readonly<Record<string, unknown>>;

/**
 * What lines of a log tell, in the shape of the router's events; only failures and promotions are told. A host that no node has, or
 * that several share, is left out: a line names no node that the inventory does not have.
 */
export function bodiesOfLog(text: string, offsetMinutes: number, nodes: readonly Node[]): Body[] {
  return eventsOf(parseLog(text, offsetMinutes)).flatMap((event): Body[] => {
    const body = bodyOf(event, nodes);
    return body === undefined ? [] : [body];
  });
}

function bodyOf({ kind, atMs, host, file, detail }: LogEvent, nodes: readonly Node[]): Body | undefined {
  const node = host === undefined ? undefined : nodeNamed(host, nodes);
  const [, promoted] = /^Received MODEL_PROMOTED: (\S+)/.exec(detail) ?? [];
  if (promoted !== undefined)
    return { event_type: 'MODEL_PROMOTED', payload: { model_path: promoted }, source: 'log', timestamp: atMs };
  if (kind === 'worked') return undefined;
  const payload = {
    ...(file === undefined ? {} : { model_path: file }),
    ...(node === undefined ? {} : { failed_nodes: [node.name] }),
    error: withoutHost(detail, host, node),
    timestamp: atMs,
  };
  return { event_type: 'MODEL_DISTRIBUTION_FAILED', payload, source: 'log' };
}

/** What rows of the delivery ledger tell, in the same shape; a row that will be tried again says so. Lines that are no rows are left out. */
export function bodiesOfLedger(text: string, nodes: readonly Node[]): Body[] {
  return text.split('\n').flatMap((line): Body[] => {
    const row = FailedRow.safeParse(line === '' ? undefined : jsonOf(line));
    if (!row.success) return [];
    const { node: host, reason, file, tried, most, atS } = row.data;
    const node = nodeNamed(host, nodes);
    const again = tried !== null && most !== null && tried < most ? ` - retry ${tried + 1}/${most}` : '';
    const payload = {
      model_path: file,
      ...(node === undefined ? {} : { failed_nodes: [node.name] }),
      error: `${withoutHost(reason, host, node)}${again}`,
      timestamp: atS,
    };
    return [{ event_type: 'MODEL_DISTRIBUTION_FAILED', payload, source: 'ledger' }];
  });
}

/** The node that a name or an address means; several behind one address: nobody can tell which. */
function nodeNamed(host: string, nodes: readonly Node[]): Node | undefined {
  const named = nodes.find(({ name }) => name === host);
  if (named !== undefined) return named;
  const there = nodes.filter(({ addresses }) => addresses.some((address) => address.host === host));
  return there.length === 1 ? there[0] : undefined;
}

/** An address has no place in a message. */
function withoutHost(text: string, host: string | undefined, node: Node | undefined): string {
  if (host === undefined || host === '' || host === node?.name) return text;
  return text.replaceAll(host, node?.name ?? 'a node that is not in the inventory');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
