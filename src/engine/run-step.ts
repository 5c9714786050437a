import { ActionExit } from '../contract/action.ts';
import type { ScriptResult } from '../contract/sessions.ts';
import type { Transport } from '../contract/transport.ts';
import type { Node } from '../domain/node.ts';
import type { Argv, Step, TransferStep, TransportName } from '../domain/plan.ts';
import { awaitArrival } from './await-arrival.ts';
import { bytesPerSecond, type Execution, type Kit, named } from './kit.ts';
import { moveRecord, moveRecordBack } from './move-record.ts';

/** done; failed: it says so itself and changed nothing more; lost: nobody saw how it ended. */
export type StepResult =
  | { readonly kind: 'done'; readonly detail: string }
  | { readonly kind: 'failed' | 'lost'; readonly detail: string };

/** What a step is run with: on one node, in one execution. */
export type Hands = { readonly kit: Kit; readonly execution: Execution; readonly node: Node };

const SEND_TRIES = 3;
/** A slow transfer is told of so often. */
const PROGRESS_MS = 15_000;

/** Runs one step of the plan. Every step is written into the ledger before it begins and after it ended. */
export async function runStep(hands: Hands, step: Step): Promise<StepResult> {
  const temporary = step.kind === 'transfer' ? hands.kit.newTemporary() : undefined;
  return told(hands, step, { undo: false, temporary }, () => doing(hands, step, temporary ?? ''));
}

function doing(hands: Hands, step: Step, temporary: string): Promise<StepResult> {
  switch (step.kind) {
    case 'run':
      return act(hands, step.argv, step.timeoutMs);
    case 'record':
      return noted(moveRecord(hands.kit.records, step, hands.kit.now()));
    case 'await':
      return awaitArrival(hands, step);
    case 'trust':
      return noted(trustHost(hands, step));
    case 'transfer':
      return transfer(hands, step, temporary);
  }
}

/** Takes one step back. */
export async function undoStep(hands: Hands, step: Step): Promise<StepResult> {
  const { undo } = step;
  if (undo.kind === 'none') return { kind: 'failed', detail: `there is no way back: ${undo.because}` };
  return told(hands, step, { undo: true, temporary: undefined }, async () => {
    if (undo.kind === 'run') return act(hands, undo.argv, step.timeoutMs);
    if (step.kind !== 'record') return { kind: 'failed', detail: 'only a step that moved the record is taken back so' };
    return noted(moveRecordBack(hands.kit.records, step));
  });
}

/** Another machine answers to this name: what is remembered of the one before goes with its key. */
async function trustHost(
  { kit, execution, node }: Hands,
  step: Extract<Step, { kind: 'trust' }>,
): Promise<string | undefined> {
  const { key, withdrawn } = step;
  const trouble = await kit.hostKeys.trust(node, { key, withdrawn, receipt: execution.receipt });
  if (trouble === undefined) await kit.digests.forget(node.name);
  return trouble;
}

/** How a change of the worker's own memory ended. */
async function noted(moving: Promise<string | undefined>): Promise<StepResult> {
  const trouble = await moving;
  return trouble === undefined ? { kind: 'done', detail: '' } : { kind: 'failed', detail: trouble };
}

async function told(
  hands: Hands,
  step: Step,
  how: { undo: boolean; temporary: string | undefined },
  change: () => Promise<StepResult>,
): Promise<StepResult> {
  const { kit, execution, node } = hands;
  const common = { receipt: execution.receipt, node: node.name, step: step.id, undo: how.undo };
  const temporary = how.temporary === undefined ? {} : { temporary: how.temporary };
  await kit.ledger.append(execution.incident, { kind: 'step_started', ...common, title: step.title, ...temporary });
  const startedMs = kit.now().getTime();
  const result = await kit.spans.within(
    {
      name: `${how.undo ? 'undo' : 'step'} ${step.kind}`,
      facts: { 'medic.node': node.name, 'medic.step': step.id },
      outcome: ({ kind }) => (kind === 'done' ? {} : { 'error.type': kind }),
    },
    change,
  );
  const ms = Math.max(0, kit.now().getTime() - startedMs);
  // A step that nobody saw end gets no end here either: that is what `lost` means to whoever reads the ledger.
  if (result.kind !== 'lost')
    await kit.ledger.append(execution.incident, {
      kind: 'step_ended',
      ...common,
      ok: result.kind === 'done',
      detail: result.detail,
      ms,
    });
  return result;
}

/** Runs one fixed script that changes the node. Only names from the registry run, with their arguments as data. */
export async function act({ kit, execution, node }: Hands, argv: Argv, timeoutMs: number): Promise<StepResult> {
  const [name = '', ...args] = argv.map((word) => (word === '{receipt}' ? execution.receipt : word));
  const action = kit.actions.get(name);
  if (action === undefined) return { kind: 'failed', detail: `no change script is called ${name}` };
  const result = await kit.sessions.run(node, {
    name,
    script: action.script,
    args,
    timeoutMs,
    outputBytesMax: 65_536,
  });
  return resultOf(result);
}

function resultOf(result: ScriptResult): StepResult {
  if (result.kind === 'unknown') return { kind: 'lost', detail: `${result.reason}: ${result.detail}` };
  if (result.code === 0) return { kind: 'done', detail: '' };
  const said = new TextDecoder().decode(result.stderr).split('\n')[0]?.slice(0, 300) ?? '';
  return { kind: 'failed', detail: said === '' ? meaningOf(result.code) : said };
}

function meaningOf(code: number): string {
  const meanings: Readonly<Record<number, string>> = {
    [ActionExit.moved]: 'the node is not as the plan saw it',
    [ActionExit.noTool]: 'the node has no tool for an atomic rename',
    [ActionExit.noSpace]: 'no space left on the node',
    [ActionExit.notPermitted]: 'not permitted on the node',
    [ActionExit.digestDiffers]: 'the digest on the node differs',
    [ActionExit.leaseHeld]: 'somebody else is changing this node',
  };
  return meanings[code] ?? `the change script ended with ${code}`;
}

/** Brings the file under its temporary name by the first transport that can, then puts it in its place. */
async function transfer(hands: Hands, step: TransferStep, temporary: string): Promise<StepResult> {
  try {
    return await bringAndPlace(hands, step, temporary);
  } finally {
    hands.execution.relays.ended(hands.node.name, step.model);
  }
}

async function bringAndPlace(hands: Hands, step: TransferStep, temporary: string): Promise<StepResult> {
  const arrived = await bring(hands, step, temporary);
  if (arrived.kind !== 'done') return discard(hands, step, temporary, arrived);
  const placed = await act(hands, hands.kit.argvs.placeModel(step, temporary), step.timeoutMs);
  if (placed.kind === 'done') return { kind: 'done', detail: arrived.detail };
  return placed.kind === 'failed' ? discard(hands, step, temporary, placed) : placed;
}

async function discard(hands: Hands, step: TransferStep, temporary: string, result: StepResult): Promise<StepResult> {
  const discarded = await act(hands, hands.kit.argvs.discardTemporary(step, temporary), 20_000);
  return discarded.kind === 'done'
    ? result
    : { ...result, detail: `${result.detail}; the partial file ${temporary} is left in the models folder` };
}

async function bring(hands: Hands, step: TransferStep, temporary: string): Promise<StepResult> {
  const left: string[] = [];
  for (const name of transportsOf(hands, step)) {
    const transport = hands.kit.transports.find((one) => one.name === name);
    const result =
      transport === undefined
        ? { arrived: false, text: `${name}: not built in` }
        : await sendBy(hands, transport, step, temporary);
    if (result.arrived)
      return { kind: 'done', detail: [`by ${name}${result.text}`, ...left.map((why) => `left ${why}`)].join('; ') };
    left.push(result.text);
  }
  return { kind: 'failed', detail: left.join('; ') };
}

/** The ways that the step names; a plan that relays tries that first, on the nodes of its tree. */
function transportsOf({ execution, node }: Hands, { transports }: TransferStep): readonly TransportName[] {
  const linked = execution.plan.relay?.some(({ to }) => to === node.name) === true;
  return linked && !transports.includes('relay') ? ['relay', ...transports] : transports;
}

/** Sends by one transport, going on after a cut; the text says why it was left, or more about the way it came. */
async function sendBy(
  { kit, execution, node }: Hands,
  transport: Transport,
  step: TransferStep,
  temporary: string,
): Promise<{ readonly arrived: boolean; readonly text: string }> {
  const source = named(kit.inventory.current().nodes, step.sources[0] ?? '', 'node');
  const relay = execution.relays.of(node.name, step.model);
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
    signal: AbortSignal.any([execution.signal, AbortSignal.timeout(step.timeoutMs)]),
    onProgress: progressOf(kit, { execution, node, step, transport }),
  };
  const unusable = await transport.unusable(shipment);
  if (unusable !== undefined) return { arrived: false, text: `${transport.name}: ${unusable}` };
  let failure = '';
  for (let tries = 0; tries < SEND_TRIES && !shipment.signal.aborted; tries += 1) {
    const result = await transport.send(shipment);
    if (result.kind === 'arrived')
      return { arrived: true, text: result.detail === undefined ? '' : ` ${result.detail}` };
    failure = `${transport.name}: ${result.reason} (${result.detail})`;
    if (!result.resumable) break;
  }
  return { arrived: false, text: failure === '' ? `${transport.name}: cancelled` : failure };
}

/** Notes how far a transfer is, at each quarter of the file and where that takes long from time to time. */
function progressOf(
  { ledger, logger, now }: Kit,
  about: {
    readonly execution: Execution;
    readonly node: Node;
    readonly step: TransferStep;
    readonly transport: Transport;
  },
): (bytes: number) => void {
  const { execution, node, step, transport } = about;
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
    const far = { percent: Math.floor(share * 100), transport: transport.name, bytes: step.bytes, ...speed };
    ledger
      .append(execution.incident, { kind: 'progress', receipt: execution.receipt, node: node.name, ...far })
      .catch((error: unknown) => logger.warn({ error }, 'could not note progress'));
  };
}
