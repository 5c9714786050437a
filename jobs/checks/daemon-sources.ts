import type { LookContext } from '../../src/contract/job.ts';
import { Fault, type UnknownReason } from '../../src/domain/fault.ts';
import { foldNames } from '../../src/domain/fold-names.ts';
import { eventsOf } from '../../src/domain/log-lines.ts';
import { count, duration } from '../../src/domain/wording.ts';
import { type DaemonPython, daemonPython } from '../../src/facts/daemon-python.ts';
import { type DaemonStatus, daemonStatus } from '../../src/facts/daemon-status.ts';
import { type DeliveryLedger, deliveryLedger } from '../../src/facts/delivery-ledger.ts';
import { type DistributionLogs, distributionLogs } from '../../src/facts/distribution-log.ts';

/** What one source says of the daemon. `silent`: it is there and tells nothing of the time asked about; `absent`: there is no such source. */
export type SourceVerdict = {
  readonly source: string;
  readonly verdict: 'up' | 'degraded' | 'down' | 'silent' | 'absent' | 'unknown';
  readonly detail: string;
  /** Why it is unknown. */
  readonly reason?: UnknownReason;
  /** Only of the ledger: nodes on which deliveries failed, of so many that were sent to. */
  readonly failing?: { readonly nodes: readonly string[]; readonly of: number };
};

type Context = Pick<LookContext, 'node' | 'read' | 'here' | 'daemon'>;

/** Asks every source that medic.yaml names; none of them hides another. `wrongly`: complaints that the nodes have refuted. */
export function askSources(context: Context, wrongly: ReadonlySet<Complaint> = new Set()): Promise<SourceVerdict[]> {
  const { daemon, node, read, here } = context;
  const { root } = node;
  const asked: Promise<SourceVerdict>[] = [];
  const { statusUrl } = daemon;
  if (statusUrl !== null)
    asked.push(answer('HTTP, asked directly', async () => ofStatus(await here(daemonStatus(statusUrl)))));
  else if (daemon.statusPort !== 0) {
    const ask = async () => ofStatus(await read(daemonStatus(daemon.statusPort)));
    asked.push(answer(`HTTP :${daemon.statusPort}`, ask));
  }
  if (root === null) return Promise.all(asked);
  const { ledger } = daemon;
  if (ledger !== null)
    asked.push(answer('delivery ledger', async () => ofLedger(await readLedger(context), ledger, wrongly)));
  if (daemon.logs.length > 0)
    asked.push(answer('log', async () => ofLogs(await readLogs(context), daemon.stuckSeconds, wrongly)));
  if (daemon.python) asked.push(answer('Python call', async () => ofPython(await read(daemonPython(root)))));
  return Promise.all(asked);
}

/** The delivery ledger of the coordinator, for the time that medic.yaml names. */
export async function readLedger({ node, read, daemon }: Omit<Context, 'here'>): Promise<DeliveryLedger> {
  if (node.root === null || daemon.ledger === null) return { kind: 'absent' };
  return read(deliveryLedger(node.root, daemon.ledger, daemon.windowMinutes * 60, daemon.stuckSeconds));
}

/** The daemon's logs of the coordinator, for the time that medic.yaml names. */
export async function readLogs({ node, read, daemon }: Omit<Context, 'here'>): Promise<DistributionLogs> {
  if (node.root === null || daemon.logs.length === 0) return { nowMs: 0, logs: [] };
  return read(distributionLogs(node.root, daemon.logs, daemon.windowMinutes * 60));
}

/** What a daemon can be wrong about. */
export type Complaint = 'mismatch';

/** Whether a delivery failed because checksums differ, as the daemon has it. */
export function isMismatch({ reason }: { readonly reason: string }): boolean {
  return /checksum/i.test(reason);
}

type Said = Omit<SourceVerdict, 'source'>;

async function answer(source: string, ask: () => Promise<Said>): Promise<SourceVerdict> {
  try {
    return { source, ...(await ask()) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { source, verdict: 'unknown', reason: error.reason, detail: error.message.slice(0, 300) };
  }
}

function ofStatus({ state, restarts, managerRuns }: DaemonStatus): Said {
  if (managerRuns === false) return { verdict: 'down', detail: 'the daemon manager does not run' };
  if (state === null) throw new Fault('parse', 'the answer names no daemon model_distribution');
  const again = restarts === null ? '' : `, restarted ${count(restarts, 'time')}`;
  const detail = `${state.replace(/[^\w -]/g, '?').slice(0, 40)}${again}`;
  if (state === 'running') return { verdict: 'up', detail };
  if (['stopped', 'failed', 'import_failed'].includes(state)) return { verdict: 'down', detail };
  if (['starting', 'stopping', 'restarting', 'degraded'].includes(state)) return { verdict: 'degraded', detail };
  throw new Fault('parse', `a state that nobody knows: ${detail}`);
}

function ofLedger(ledger: DeliveryLedger, path: string, wrongly: ReadonlySet<Complaint>): Said {
  if (ledger.kind === 'absent') return { verdict: 'absent', detail: `there is no ${path}` };
  const { stuck, pending, nodes, nowS, lastS } = ledger;
  const failed = ledger.failed.filter((one) => !(wrongly.has('mismatch') && isMismatch(one)));
  const last = lastS === null ? 'never written' : `last written ${duration((nowS - lastS) * 1_000)} ago`;
  const detail = `${count(pending, 'delivery', 'deliveries')} pending, ${last}`;
  const failing = [...new Set(failed.map(({ node }) => node))];
  if (failing.length + stuck.length === 0) return { verdict: nodes === 0 ? 'silent' : 'up', detail };
  const sum = failed.reduce((all, one) => all + one.count, 0);
  const words = [
    ...(sum === 0
      ? []
      : [
          `${count(sum, 'delivery', 'deliveries')} failed on ${count(failing.length, 'node')} of ${nodes} (${foldNames(failing)})`,
        ]),
    ...(stuck.length === 0 ? [] : [`${count(stuck.length, 'delivery', 'deliveries')} without progress`]),
    detail,
  ];
  return { verdict: 'degraded', detail: words.join('; ').slice(0, 300), failing: { nodes: failing, of: nodes } };
}

function ofLogs({ logs, nowMs }: DistributionLogs, stuckSeconds: number, wrongly: ReadonlySet<Complaint>): Said {
  const there = logs.filter((log) => log.there);
  if (there.length === 0)
    return { verdict: 'absent', detail: `there is no ${logs.map(({ path }) => path).join(', ')}` };
  const lines = there.flatMap((log) => log.lines);
  const lastMs = Math.max(...lines.map(({ atMs }) => atMs));
  if (lines.length === 0) return { verdict: 'silent', detail: 'no line of this time' };
  const bad = eventsOf(lines).filter(
    ({ kind }) => kind !== 'worked' && !(kind === 'mismatch' && wrongly.has('mismatch')),
  );
  const last = `last line ${duration(Math.max(0, nowMs - lastMs))} ago`;
  if (bad.length > 0) {
    const newest = bad.at(-1)?.detail ?? '';
    return { verdict: 'degraded', detail: `${count(bad.length, 'line')} of trouble, ${last}: ${newest}`.slice(0, 300) };
  }
  return { verdict: nowMs - lastMs > stuckSeconds * 1_000 ? 'silent' : 'up', detail: `no line of trouble, ${last}` };
}

function ofPython(said: DaemonPython): Said {
  if (said.kind === 'absent') return { verdict: 'absent', detail: said.detail };
  if (said.kind === 'raised') throw new Fault('parse', `health_check raised ${said.detail}`);
  if (said.healthy === null) throw new Fault('parse', 'health_check answers with neither is_healthy nor healthy');
  const counters = `pending ${said.pending ?? 'not told'}, failed ${said.failedLastHour ?? 'not told'}`;
  const detail = `${said.healthy ? 'healthy' : 'not healthy'}; its counters (${counters}) are of a fresh instance and prove nothing`;
  return { verdict: 'silent', detail };
}
