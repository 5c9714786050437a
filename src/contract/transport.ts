import type { Sha256 } from '../domain/digest.ts';
import type { Node } from '../domain/node.ts';
import type { TransportName } from '../domain/plan.ts';

/** A node of the tree by which a file is relayed. */
export type RelayPlace = {
  readonly node: Node;
  /** Resolves when nothing more of this file comes to it by this plan: from then on it has the whole file or never will. */
  readonly ended: Promise<void>;
};

/** Whom a file may be taken from, the nearest first and the source last, and who takes it from here meanwhile. */
export type Relay = {
  readonly from: readonly RelayPlace[];
  /** Here `ended` also resolves when all of the file has come there. */
  readonly to: readonly RelayPlace[];
  /** The target's turn has not come: only what a link between nodes carries, the worker joins nothing. */
  readonly ahead?: true;
};

/** One file on its way to one node. */
export type Shipment = {
  readonly source: Node;
  readonly sourceFolder: string;
  readonly target: Node;
  readonly targetFolder: string;
  /** `dev:inode` that the target folder must have; `new`: made in this plan. */
  readonly targetFolderId: string;
  readonly file: string;
  /** Where the bytes lie on the source, relative to its folder; most often the same as `file`. */
  readonly sourcePath: string;
  readonly digest: Sha256;
  readonly bytes: number;
  /** Not faster than this; undefined: as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  /** Bare name of the partial file on the target: `.medic-` and 128 random bits in hex. */
  readonly temporary: string;
  readonly signal: AbortSignal;
  /** Absent: the source is the only one that has it. */
  readonly relay?: Relay;
  /** Bytes on the target so far. */
  readonly onProgress: (bytes: number) => void;
};

export type ShipmentResult =
  | {
      readonly kind: 'arrived';
      readonly bytesSent: number /** What people should know about the way. */;
      readonly detail?: string;
    }
  /** `resumable`: what is in the temporary file can be gone on with. */
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string; readonly resumable: boolean };

/** A way to bring a file to a node under a temporary name. It never touches the final name. */
export type Transport = {
  readonly name: TransportName;
  /** Why it cannot be used for this shipment, in words; undefined: it can. */
  unusable(shipment: Shipment): Promise<string | undefined>;
  send(shipment: Shipment): Promise<ShipmentResult>;
};
