import type { Read } from '../contract/fact.ts';
import type { HostKeys } from '../contract/host-keys.ts';
import type { Check, DaemonSettings, LookContext, LookLimits } from '../contract/job.ts';
import type { Sessions } from '../contract/sessions.ts';
import { DOCTOR_LINES_MAX } from '../domain/doctor-line.ts';
import type { Expected } from '../domain/expected.ts';
import { Fault } from '../domain/fault.ts';
import { type CheckReport, type Finding, type Unknown, withoutEffects } from '../domain/finding.ts';
import type { Model } from '../domain/model.ts';
import type { Instant, ModelName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import type { OutsideChange } from '../domain/outside.ts';
import { createReader } from './reader.ts';
import { createReaders, type Readers } from './readers.ts';

export type LookOptions = {
  readonly nodes: readonly Node[];
  readonly models: readonly Model[];
  readonly checks: readonly Check[];
  /** Where checks of the cluster run. */
  readonly coordinator: Node;
  readonly sessions: Sessions;
  readonly hostKeys?: Pick<HostKeys, 'look'>;
  /** Awaited after the nodes were asked what they are asked in any case. */
  readonly expected: ReadonlyMap<ModelName, Expected> | Promise<ReadonlyMap<ModelName, Expected>>;
  readonly digests: LookContext['digests'];
  readonly fresh: boolean;
  readonly limits: LookLimits;
  readonly daemon: DaemonSettings;
  readonly pullFrom: string | null;
  /** Every node that a check of the cluster may ask. */
  readonly fleet: readonly Node[];
  readonly now: () => Date;
  readonly promotedAt?: Instant;
  readonly worker?: NonNullable<LookContext['worker']>;
  /** What is otherwise on a node than at the look before, by what this look has asked already; absent: nobody compares. */
  readonly outside?: (context: LookContext, remembered: Read) => Promise<readonly OutsideChange[]>;
};

/** Runs the checks on all nodes at once and adds up what they saw. A node that does not answer is one unknown, not one per check. */
export async function lookAt({ nodes, checks, coordinator, ...options }: LookOptions): Promise<CheckReport> {
  const ofNode = checks.filter(({ scope }) => scope !== 'cluster');
  const ofCluster = checks.filter(({ scope }) => scope === 'cluster');
  // One reader a node: what a check of the node and one of the cluster both ask is asked once.
  const readers = createReaders(options.sessions, options.now);
  for (const node of nodes) askFirst(ofNode, { node, models: options.models, read: readers.of(node) });
  const fleet = options.fleet.map((node) => ({ node, read: readers.of(node) }));
  const around = { ...options, expected: await options.expected, fleet, params: {} };
  const contextOf = (node: Node): LookContext => ({ ...contextFor(node, around), read: readers.of(node) });
  const reports = await Promise.all([
    ...nodes.map((node) => lookAtNode(contextOf(node), ofNode, readers, options.outside)),
    ...(ofCluster.length === 0 ? [] : [lookAtNode(contextOf(coordinator), ofCluster, readers)]),
  ]);
  return {
    findings: reports.flatMap(({ findings }) => findings),
    unknown: reports.flatMap(({ unknown }) => unknown),
    notes: folded(reports.flatMap(({ notes }) => notes)),
    ...hypothesesIn(reports),
    ...keptIn(reports),
    ...selfIn(reports),
    ...outsideIn(reports),
  };
}

/** Whoever asks the same afterwards gets the same answer, or the same Fault. */
function askFirst(checks: readonly Check[], { read, ...about }: Pick<LookContext, 'node' | 'models' | 'read'>): void {
  const ask = async ({ first }: Check): Promise<unknown> => first?.({ ...about, read: withoutWriting(read) });
  for (const check of checks) ask(check).catch(() => undefined);
}

/** More than a person reads, and few enough for one entry. */
const OUTSIDE_MAX = 500;

function outsideIn(reports: readonly CheckReport[]): Pick<CheckReport, 'outside'> {
  const outside = reports.flatMap((report) => report.outside ?? []);
  return outside.length === 0 ? {} : { outside: outside.slice(0, OUTSIDE_MAX) };
}

function hypothesesIn(reports: readonly CheckReport[]): Pick<CheckReport, 'hypotheses'> {
  const hypotheses = reports.flatMap((report) => report.hypotheses ?? []);
  return hypotheses.length === 0 ? {} : { hypotheses };
}

/** What a check or a repair is given for one node: a reader of its own, and no hands. */
export function contextFor(
  node: Node,
  {
    models,
    sessions,
    hostKeys,
    expected,
    digests,
    fresh,
    params,
    limits,
    daemon,
    pullFrom,
    now,
    fleet = [],
    promotedAt,
    worker,
  }: Omit<LookOptions, 'nodes' | 'checks' | 'coordinator' | 'fleet' | 'expected'> &
    Pick<LookContext, 'params' | 'expected'> &
    Partial<Pick<LookContext, 'fleet'>>,
): LookContext {
  const read = withoutWriting(createReader(sessions, node));
  const here = withoutWriting(createReader(sessions, { ...node, local: true }));
  const about = { node, models, read, here, expected, fresh, digests, params };
  const eyes = hostKeys === undefined ? {} : { hostKeys: () => hostKeys.look(node) };
  return {
    ...about,
    ...eyes,
    limits,
    daemon,
    pullFrom,
    now,
    fleet,
    ...(promotedAt === undefined ? {} : { promotedAt }),
    ...(worker === undefined ? {} : { worker }),
  };
}

async function lookAtNode(
  context: LookContext,
  checks: readonly Check[],
  readers: Readers,
  outside?: LookOptions['outside'],
): Promise<CheckReport> {
  const reports = await Promise.all(
    checks.map(async (check) => {
      const listening = readers.listening(context);
      const report = await runCheck(check, listening.context);
      return { ...report, findings: report.findings.map(listening.withAsked) };
    }),
  );
  return {
    findings: withoutEffects(once(reports.flatMap(({ findings }) => findings))),
    unknown: withoutRepeats(reports.flatMap(({ unknown }) => unknown)),
    notes: reports.flatMap(({ notes }) => notes),
    ...hypothesesIn(reports),
    ...keptIn(reports),
    ...selfIn(reports),
    outside: [...((await outside?.(context, readers.remembered(context.node))) ?? [])],
  };
}

/** What a worker finds about itself, where a check was asked for it. */
function selfIn(reports: readonly CheckReport[]): Pick<CheckReport, 'self'> {
  const lines = reports.flatMap(({ self }) => self ?? []);
  return lines.length === 0 ? {} : { self: lines.slice(0, DOCTOR_LINES_MAX) };
}

/** More than a person reads, and few enough for one entry. */
const KEPT_MAX = 5_000;

/** What lies in quarantine, where any check was asked for it. */
function keptIn(reports: readonly CheckReport[]): Pick<CheckReport, 'kept'> {
  return reports.some(({ kept }) => kept !== undefined)
    ? { kept: reports.flatMap(({ kept }) => kept ?? []).slice(0, KEPT_MAX) }
    : {};
}

/** What every check but a probe is given: a fact that writes is our bug. */
function withoutWriting(read: Read): Read {
  return (fact) => {
    if (fact.writes === true) throw new Error(`${fact.name} writes, and only a probe may ask it`);
    return read(fact);
  };
}

async function runCheck(check: Check, context: LookContext): Promise<CheckReport> {
  try {
    return await check.run(check.probe === true ? context : { ...context, read: withoutWriting(context.read) });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const unknown: Unknown = {
      node: context.node.name,
      check: check.name,
      reason: error.reason,
      detail: error.message.slice(0, 1_000),
    };
    return { findings: [], unknown: [unknown], notes: [] };
  }
}

/** Several checks may see one fault, such as a missing folder; it is told once. */
function once(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.id, finding])).values()];
}

/** The same reason for the same model (or for the whole node) is said once, unless one check had several to tell. */
function withoutRepeats(unknown: readonly Unknown[]): Unknown[] {
  const kept: Unknown[] = [];
  for (const item of unknown) {
    const isKnown = kept.some(
      ({ reason, model, check, detail }) =>
        reason === item.reason && model === item.model && (check !== item.check || detail === item.detail),
    );
    if (!isKnown) kept.push(item);
  }
  return kept;
}

/** Notes of several nodes as one: `2 of 3 aliases are right` and `3 of 3 aliases are right` add up to 5 of 6; other equal notes get a count. */
function folded(notes: readonly string[]): string[] {
  const sums = new Map<string, { some: number; all: number }>();
  const counts = new Map<string, number>();
  for (const note of notes) {
    const [, some, all, what] = /^(\d+) of (\d+) (.+)$/.exec(note) ?? [];
    if (what === undefined) counts.set(note, (counts.get(note) ?? 0) + 1);
    else {
      const sum = sums.get(what) ?? { some: 0, all: 0 };
      sums.set(what, { some: sum.some + Number(some), all: sum.all + Number(all) });
    }
  }
  return [
    ...[...sums].map(([what, { some, all }]) => `${some} of ${all} ${what}`),
    ...[...counts].map(([note, count]) => (count > 1 ? `${note} (${count} nodes)` : note)),
  ];
}
