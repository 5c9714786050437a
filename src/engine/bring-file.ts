import type { Relay, Transport } from '../contract/transport.ts';
import type { TransferStep, TransportName } from '../domain/plan.ts';
import type { Hands } from './hands.ts';
import { bytesPerSecond, type Came, named } from './kit.ts';

const SEND_TRIES = 3;
/** A slow transfer is told of so often. */
const PROGRESS_MS = 15_000;

/** Brings a step's file under its temporary name by the first transport that can. */
export async function bring(hands: Hands, step: TransferStep, temporary: string): Promise<Came> {
  const { execution, node, kit } = hands;
  const left: string[] = [];
  for (const name of transportsOf(hands, step)) {
    const transport = kit.transports.find((one) => one.name === name);
    const result =
      transport === undefined
        ? { whole: false, detail: `${name}: not built in` }
        : await sendBy(hands, transport, step, {
            temporary,
            relay: execution.relays.of(node.name, step.model),
            signal: execution.signal,
            onProgress: tellProgress(hands, step, transport.name),
          });
    if (result.whole)
      return { whole: true, detail: [`by ${name}${result.detail}`, ...left.map((why) => `left ${why}`)].join('; ') };
    left.push(result.detail);
  }
  return { whole: false, detail: left.join('; ') };
}

/** The ways that the step names; a plan that relays tries that first, on the nodes of its tree. */
function transportsOf({ execution, node }: Hands, { transports }: TransferStep): readonly TransportName[] {
  const linked = execution.plan.relay?.some(({ to }) => to === node.name) === true;
  return linked && !transports.includes('relay') ? ['relay', ...transports] : transports;
}

/** Sends by one transport, going on after a cut; the detail says why it was left, or more about the way it came. */
export async function sendBy(
  { kit, node }: Hands,
  transport: Transport,
  step: TransferStep,
  how: {
    readonly temporary: string;
    readonly relay: Relay | undefined;
    readonly signal: AbortSignal;
    readonly onProgress: (bytes: number) => void;
  },
): Promise<Came> {
  const source = named(kit.inventory.current().nodes, step.sources[0] ?? '', 'node');
  const { temporary, relay, onProgress } = how;
  const shipment = {
    ...(relay === undefined ? {} : { relay }),
    source,
    sourceFolder: source.modelsDir ?? '',
    target: node,
    targetFolder: step.folder,
    targetFolderId: step.folderId,
    file: step.file,
    sourcePath: step.sourcePath ?? step.file,
    digest: step.digest,
    bytes: step.bytes,
    bytesPerSecond: bytesPerSecond(kit.nodeMbit, node),
    temporary,
    signal: AbortSignal.any([how.signal, AbortSignal.timeout(step.timeoutMs)]),
    onProgress,
  };
  const unusable = await transport.unusable(shipment);
  if (unusable !== undefined) return { whole: false, detail: `${transport.name}: ${unusable}` };
  let failure = '';
  for (let tries = 0; tries < SEND_TRIES && !shipment.signal.aborted; tries += 1) {
    const result = await transport.send(shipment);
    if (result.kind === 'arrived')
      return { whole: true, detail: result.detail === undefined ? '' : ` ${result.detail}` };
    failure = `${transport.name}: ${result.reason} (${result.detail})`;
    if (!result.resumable) break;
  }
  return { whole: false, detail: failure === '' ? `${transport.name}: cancelled` : failure };
}

/** Notes how far a transfer is, at each quarter of the file and where that takes long from time to time; `isAhead`: whether the node's turn has not come. */
export function tellProgress(
  { kit: { ledger, logger, now }, execution, node }: Hands,
  step: TransferStep,
  transport: TransportName,
  isAhead: () => boolean = () => false,
): (bytes: number) => void {
  let quarter = 0;
  let first: { readonly bytes: number; readonly ms: number } | undefined;
  let lastMs = now().getTime();
  return (bytes) => {
    const ms = now().getTime();
    first ??= { bytes, ms };
    const share = Math.min(1, bytes / Math.max(1, step.bytes));
    const reached = Math.floor(share * 4);
    if (share >= 1 || (reached <= quarter && ms - lastMs < PROGRESS_MS)) return;
    quarter = Math.max(quarter, reached);
    lastMs = ms;
    const seconds = (ms - first.ms) / 1_000;
    const speed = seconds > 0 ? { bytesPerSecond: Math.round(Math.max(0, bytes - first.bytes) / seconds) } : {};
    const ahead = isAhead() ? { ahead: true as const } : {};
    const far = { percent: Math.floor(share * 100), transport, bytes: step.bytes, ...speed, ...ahead };
    ledger
      .append(execution.incident, { kind: 'progress', receipt: execution.receipt, node: node.name, ...far })
      .catch((error: unknown) => logger.warn({ error }, 'could not note progress'));
  };
}
