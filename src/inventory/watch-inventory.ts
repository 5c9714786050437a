import { statSync } from 'node:fs';
import type { Inventory, InventorySource, PlacedFault } from '../contract/inventory.ts';
import { readGuardedFile, signatureOf } from './guarded-file.ts';
import { readInventory } from './read-inventory.ts';

/** Larger than any cluster's file (bytes). */
export const INVENTORY_BYTES_MAX = 8 * 1024 * 1024;

/** Where the inventory is, and who is told when a new version of it cannot be used. */
export type WatchInventoryOptions = {
  readonly path: string;
  readonly coordinator: string | null;
  readonly localNode: string | null;
  /** The node set that medic.yaml calls untrusted. */
  readonly untrusted?: string | null;
  /** Called once for each broken version; the last good one stays in use. */
  readonly onFaults: (faults: readonly PlacedFault[]) => void;
  readonly uid: number | null;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** A change is taken when the file has been quiet for so long (ms): half a file can be valid YAML with half of the nodes. */
  readonly settleMs?: number;
};

/** The source, or the faults of the first version. */
export type WatchInventoryResult =
  | { readonly ok: true; readonly source: InventorySource }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] };

/** An inventory that follows its file: every `current()` looks at size and time, and reads only when they changed. Holds no timer. */
export function watchInventory(options: WatchInventoryOptions): WatchInventoryResult {
  const { path, onFaults, now = Date.now, settleMs = 500 } = options;
  const first = readVersion(options);
  if (!first.ok) return first;
  let inventory = first.inventory;
  let taken = first.signature;
  let pending = { signature: taken, since: 0 };

  return { ok: true, source: { current } };

  function current(): Inventory {
    const { signature, changedAt } = lookAt(path);
    if (signature === taken) return inventory;
    if (signature !== pending.signature) pending = { signature, since: now() };
    // Either clock will do: the file's own may belong to another machine.
    const quietMs = Math.max(now() - pending.since, now() - changedAt);
    if (quietMs < settleMs) return inventory;
    const next = readVersion(options);
    taken = next.ok ? next.signature : signature;
    if (next.ok) inventory = next.inventory;
    else onFaults(next.faults);
    return inventory;
  }
}

function readVersion(
  options: WatchInventoryOptions,
):
  | { readonly ok: true; readonly inventory: Inventory; readonly signature: string }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] } {
  const { path, uid, coordinator, localNode, untrusted = null } = options;
  const file = readGuardedFile({ path, uid, bytesMax: INVENTORY_BYTES_MAX });
  if (!file.ok) return { ok: false, faults: [{ place: path, text: file.text }] };
  const read = readInventory({ text: file.text, file: path, coordinator, localNode, untrusted });
  return read.ok ? { ...read, signature: file.signature } : read;
}

function lookAt(path: string): { readonly signature: string; readonly changedAt: number } {
  try {
    const stat = statSync(path);
    return { signature: signatureOf(stat), changedAt: stat.mtimeMs };
  } catch {
    return { signature: 'unreadable', changedAt: 0 };
  }
}
