import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import { digestOf } from '../domain/digest.ts';
import type { IncidentId } from '../domain/names.ts';

/** Who says what comes of the inventory. */
export const INVENTORY = 'alert:inventory';
const LINES_MAX = 60;

/** Says something in the channel that needs no look and nobody's hands; once for the same key, however many bots say it. */
export async function announce(
  lines: readonly string[],
  once: string,
  options: {
    readonly ledger: Pick<Ledger, 'append'>;
    readonly inventory: Inventory;
    readonly models: readonly { readonly name: string }[];
    readonly channel: string | undefined;
  },
): Promise<IncidentId> {
  const { ledger, inventory, models, channel } = options;
  const incident = `i-${digestOf({ announced: once }).slice(0, 8)}`;
  const [text = ''] = lines;
  const more = lines.length - LINES_MAX;
  const notice = [...lines.slice(0, LINES_MAX), ...(more > 0 ? [`… and ${more} more`] : [])].map((line) =>
    line.slice(0, 500),
  );
  // What a person asks for in its thread is about everything.
  const scope = {
    models: models.map(({ name }) => name),
    nodes: inventory.nodes.map(({ name }) => name),
    checks: ['reachable'],
  };
  const place = channel === undefined ? {} : { place: { channel } };
  await ledger.append(incident, { kind: 'opened', by: INVENTORY, text, scope, notice, ...place }, { once });
  return incident;
}
