import type { Relay } from '../contract/transport.ts';
import { earlyWords } from '../domain/early.ts';
import type { NodeName } from '../domain/names.ts';
import type { Target, TransferStep } from '../domain/plan.ts';
import { sendBy, tellProgress } from './bring-file.ts';
import { leaseKeys, replan } from './execute-target.ts';
import { discard, type Hands } from './hands.ts';
import type { BytesAhead, Came, Kit } from './kit.ts';

/** The bytes of one step on one node. */
type Piece = {
  readonly step: TransferStep;
  readonly temporary: string;
  readonly stop: AbortController;
  came: Promise<Came>;
  taken: boolean;
  bytes: number;
};

/** One node whose turn has not come; `over`: nothing more is begun ahead on it. */
type Ahead = { readonly hands: Hands; readonly pieces: Piece[]; over: boolean };

const NOTHING: Came = { whole: false, detail: '' };

/**
 * While the nodes before it are filled and verified, a node of the tree gets its bytes from them already, under a temporary name and
 * nothing else: no lease, no step, no change that is counted. Whatever is in the way is left to the node's turn, without a word.
 */
export function createBytesAhead(kit: Kit): BytesAhead {
  const nodes = new Map<NodeName, Ahead>();
  return {
    begin(execution, targets) {
      for (const target of targets) {
        const node = kit.inventory.current().nodes.find(({ name }) => name === target.node);
        if (node === undefined) continue;
        const ahead: Ahead = { hands: { kit, execution, node }, pieces: [], over: false };
        nodes.set(target.node, ahead);
        void bringAll(ahead, target).catch((error: unknown) => warn(ahead.hands, error));
      }
    },
    take(node, step) {
      const ahead = nodes.get(node);
      const piece = ahead?.pieces.find((one) => one.step.id === step);
      if (piece !== undefined) piece.taken = true;
      else if (ahead !== undefined) ahead.over = true;
      return piece;
    },
    async leave({ node }) {
      const ahead = nodes.get(node);
      if (ahead === undefined) return '';
      nodes.delete(node);
      ahead.over = true;
      const left = ahead.pieces.filter(({ taken }) => !taken);
      for (const { stop } of left) stop.abort();
      return earlyWords(await Promise.all(left.map((piece) => discarded(ahead.hands, piece))));
    },
  };
}

/** One file after the other, in the order of the steps. */
async function bringAll(ahead: Ahead, target: Target): Promise<void> {
  if (!(await mayCome(ahead.hands, target))) return;
  const { kit, execution } = ahead.hands;
  for (const step of target.steps) {
    if (step.kind !== 'transfer') continue;
    if (ahead.over || execution.signal.aborted || kit.draining?.aborted === true) return;
    if (!(await begun(ahead, step).came).whole) return;
  }
}

/** What its turn asks too: the node is as the plan saw it, its disk included. And nobody is changing it. */
async function mayCome({ kit, execution }: Hands, target: Target): Promise<boolean> {
  // A folder that an earlier step makes is not there before its turn.
  if (target.steps.some((step) => step.kind === 'transfer' && step.folderId === 'new')) return false;
  if ((await replan(kit, execution, target)).kind !== 'same') return false;
  const held = await Promise.all(leaseKeys(target).map((key) => kit.leases.held(key)));
  return !held.includes(true);
}

function begun({ hands, pieces }: Ahead, step: TransferStep): Piece {
  const temporary = hands.kit.newTemporary();
  const stop = new AbortController();
  const piece: Piece = { step, temporary, stop, came: Promise.resolve(NOTHING), taken: false, bytes: 0 };
  piece.came = come(hands, piece).catch((error: unknown) => {
    warn(hands, error);
    return NOTHING;
  });
  pieces.push(piece);
  return piece;
}

/** Written down before and after, like a step: when the worker dies, whoever recovers knows the name of what is left. */
async function come(hands: Hands, piece: Piece): Promise<Came> {
  const { kit, execution, node } = hands;
  const { step, temporary } = piece;
  const common = { receipt: execution.receipt, node: node.name, step: step.id };
  await kit.ledger.append(execution.incident, { kind: 'ahead_started', ...common, temporary });
  const startedMs = kit.now().getTime();
  const { whole, detail } = await sent(hands, piece);
  if (whole) execution.relays.brought(node.name, step.model);
  const ms = Math.max(0, kit.now().getTime() - startedMs);
  await kit.ledger.append(execution.incident, { kind: 'ahead_ended', ...common, ok: whole, detail, ms });
  return { whole, detail: whole ? `ahead of its turn ${detail}` : detail };
}

async function sent(hands: Hands, piece: Piece): Promise<Came> {
  const { kit, execution } = hands;
  const { step, temporary, stop } = piece;
  const transport = kit.transports.find(({ name }) => name === 'relay');
  const relay = wayAhead(hands, step);
  if (transport === undefined || relay === undefined) return NOTHING;
  const tell = tellProgress(hands, step, transport.name, () => !piece.taken);
  const came = await sendBy(hands, transport, step, {
    temporary,
    relay,
    signal: AbortSignal.any([execution.signal, stop.signal]),
    onProgress(bytes) {
      piece.bytes = Math.max(piece.bytes, bytes);
      tell(bytes);
    },
  });
  return came.whole ? { whole: true, detail: `by ${transport.name}${came.detail}` } : came;
}

/** The nodes before it, never the source: its uplink is what those need whose turn it is. */
function wayAhead({ execution, node }: Hands, { model, sources }: TransferStep): Relay | undefined {
  const relay = execution.relays.of(node.name, model);
  if (relay === undefined) return undefined;
  return { ...relay, from: relay.from.filter((place) => !sources.includes(place.node.name)), ahead: true };
}

async function discarded(hands: Hands, piece: Piece) {
  await piece.came;
  const { temporary, step, bytes } = piece;
  return { temporary, discarded: await discard(hands, step, temporary), seen: bytes > 0 };
}

function warn({ kit, node }: Hands, error: unknown): void {
  kit.logger.warn({ node: node.name, error }, 'bytes did not come ahead of the turn of this node');
}
