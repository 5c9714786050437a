import type { Sha256 } from '../domain/digest.ts';
import type { Node } from '../domain/node.ts';

/** Something wrong in a file or in the environment: where (`medic.yaml:12 roles.operators[0]`) and what would be right. */
export type PlacedFault = { readonly place: string; readonly text: string };

/** The cluster's nodes as one version of the inventory gives them, in the order of the file. */
export type Inventory = {
  readonly nodes: readonly Node[];
  /** Of the file's text: two processes that disagree about it do not work on the same nodes. */
  readonly digest: Sha256;
  /** Contradictions a person should know of, such as status "ready" beside a note "terminated". */
  readonly notes: readonly string[];
};

/** The inventory as it is now; never throws, keeps the last good version. */
export type InventorySource = { current(): Inventory };
