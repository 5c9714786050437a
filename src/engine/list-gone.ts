import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { GoneListTime, Misses } from '../contract/misses.ts';
import { goneLine, goneNodes } from '../domain/miss.ts';
import { count } from '../domain/wording.ts';
import { announce } from './announce.ts';

/** Says once a week (or as often as it is told to) which nodes are probably gone, so that nobody is woken by one of them. */
export async function listGone(
  last: GoneListTime,
  options: {
    readonly misses: Misses;
    readonly enough: number;
    /** 0: never. */
    readonly everyMs: number;
    readonly ledger: Pick<Ledger, 'append'>;
    readonly inventory: Inventory;
    readonly models: readonly { readonly name: string }[];
    readonly now: () => Date;
    readonly channel: string | undefined;
  },
): Promise<void> {
  const { misses, enough, everyMs, inventory, now } = options;
  if (everyMs === 0) return;
  const before = await last.get();
  const at = now().toISOString();
  if (before === undefined) return last.set(at);
  if (now().getTime() - Date.parse(before) < everyMs) return;
  const gone = goneNodes(inventory.nodes, await misses.all(), enough);
  if (gone.length > 0) {
    const head = `${count(gone.length, 'node is', 'nodes are')} probably gone: retire ${gone.length === 1 ? 'it' : 'them'}?`;
    const rest = 'Retired is who has the status "retired" in the inventory; "nodes --gone" lists them at any time.';
    await announce([head, ...gone.map(goneLine), rest], `gone-list:${before}`, options);
  }
  await last.set(at);
}
