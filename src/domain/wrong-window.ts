import type { Sha256 } from './digest.ts';
import type { Entry, EventOf } from './entry.ts';
import { decidedAtMs, type ModelRecord } from './expected.ts';
import { concerns, type Finding, type FindingCode } from './finding.ts';
import { isUnsure } from './matrix.ts';
import type { Instant, ModelName, NodeName, ReceiptId } from './names.ts';
import { hashPlan, type Plan } from './plan.ts';
import { PLAY_CHECK } from './play.ts';

/** What can be wrong independently of each other: the file, the alias that readers follow, and what a process holds in memory. */
type Layer = 'file' | 'alias' | 'process';

/** The check that tells of a layer; a look without it says nothing there. */
const TOLD_BY: Readonly<Record<Layer, string>> = { file: 'model-digest', alias: 'alias-links', process: PLAY_CHECK };

/** Findings of which nobody can say that a wrong model is in play. */
const UNDECIDED: readonly FindingCode[] = ['model_in_flight', 'digest_disputed'];

/** What somebody saw of one layer of a model on a node; the look began at `from` and was over at `at`. */
export type PlaySighting = {
  readonly node: NodeName;
  readonly model: ModelName;
  readonly layer: Layer;
  readonly from: Instant;
  readonly at: Instant;
  readonly cell: 'right' | 'wrong' | 'unknown';
  /** Of the file's bytes, as far as they were read. */
  readonly digest?: Sha256 | undefined;
  /** Why it is wrong: the codes of what was found. */
  readonly what: readonly string[];
};

/**
 * A time in which a wrong model was in play on a node. It was certainly so from `seenFrom` to `seenUntil`, and at most from `from` (seen right
 * last) to `until` (seen right again); null: nobody has seen it right before, or since.
 */
export type WrongWindow = {
  readonly node: NodeName;
  readonly model: ModelName;
  readonly from: Instant | null;
  readonly seenFrom: Instant;
  readonly seenUntil: Instant;
  readonly until: Instant | null;
  readonly digests: readonly Sha256[];
  readonly what: readonly string[];
};

/** What one incident's entries tell of what was in play, in their order: looks, and changes that were verified. */
export function playSightingsOf(entries: readonly Entry[], wants: (model: ModelName) => boolean): PlaySighting[] {
  const plans = new Map<string, Plan>();
  const ran = new Map<ReceiptId, Plan>();
  return entries.flatMap(({ at, event }) => {
    if (event.kind === 'planned') for (const plan of event.plans) plans.set(hashPlan(plan), plan);
    const plan = event.kind === 'execution_started' ? plans.get(event.plan) : undefined;
    if (event.kind === 'execution_started' && plan !== undefined) ran.set(event.receipt, plan);
    if (event.kind === 'checked') return lookedAt(event, at, wants);
    if (event.kind !== 'target_ended' || event.result.outcome !== 'verified') return [];
    return placedBy(ran.get(event.receipt), event.result.node, at, wants);
  });
}

function lookedAt(look: EventOf<'checked'>, at: Instant, wants: (model: ModelName) => boolean): PlaySighting[] {
  const from = new Date(Date.parse(at) - look.ms).toISOString();
  const layers = (['file', 'alias', 'process'] as const).filter((layer) => look.scope.checks.includes(TOLD_BY[layer]));
  const models = look.scope.models.filter(wants);
  return look.scope.nodes.flatMap((node) =>
    models.flatMap((model) => {
      const faults = look.report.findings.filter((found) => concerns(found, node, model));
      const unsure = look.report.unknown.some((one) => isUnsure(one, node, model));
      return layers.map((layer): PlaySighting => {
        const here = faults.filter(({ code }) => layerOf(code) === layer);
        const base = { node, model, layer, from, at, what: here.map(({ code }) => code) };
        if (here.some(({ code }) => UNDECIDED.includes(code))) return { ...base, cell: 'unknown' };
        if (here.length > 0) return { ...base, cell: 'wrong', digest: digestIn(here) };
        if (unsure) return { ...base, cell: 'unknown' };
        return { ...base, cell: 'right', ...(layer === 'file' ? { digest: look.expected[model]?.digest } : {}) };
      });
    }),
  );
}

function layerOf(code: FindingCode): Layer {
  if (code === 'plays_old_model') return 'process';
  return code.startsWith('alias_') ? 'alias' : 'file';
}

/** The digest that a finding about bytes has as its first evidence. */
function digestIn(findings: readonly Finding[]): Sha256 | undefined {
  const lines = findings.flatMap(({ evidence }) => evidence);
  return lines.flatMap((line) => /^sha256 \S+: ([0-9a-f]{64})$/.exec(line)?.[1] ?? [])[0];
}

function placedBy(
  plan: Plan | undefined,
  node: NodeName,
  at: Instant,
  wants: (model: ModelName) => boolean,
): PlaySighting[] {
  const steps = plan?.targets.filter((target) => target.node === node).flatMap((target) => target.steps) ?? [];
  return steps.flatMap((step) => {
    if (step.kind !== 'transfer' || !wants(step.model)) return [];
    const { model, digest } = step;
    return [{ node, model, layer: 'file' as const, from: at, at, cell: 'right' as const, digest, what: [] }];
  });
}

/** Digests that were current until a person decided for other bytes: what played them played a wrong model, whatever was expected then. */
export function withdrawnDigests({ current, earlier }: ModelRecord): ReadonlySet<Sha256> {
  const lines = current === null ? earlier : [current, ...earlier];
  const withdrawn = lines.flatMap((line, index) => {
    const next = lines[index - 1];
    return next !== undefined && decidedAtMs(next) !== undefined && next.digest !== line.digest ? [line.digest] : [];
  });
  // What is current again was decided for.
  return new Set(withdrawn.filter((digest) => digest !== current?.digest));
}

/** The windows that these sightings tell of, by node, model and time. What nobody could tell neither ends a window nor begins one. */
export function wrongWindows(
  sightings: readonly PlaySighting[],
  withdrawn: (model: ModelName) => ReadonlySet<Sha256>,
): WrongWindow[] {
  const rows = new Map<string, PlaySighting[]>();
  for (const one of sightings) {
    const key = JSON.stringify([one.node, one.model, one.layer]);
    rows.set(key, [...(rows.get(key) ?? []), judgedAgain(one, withdrawn)]);
  }
  return [...rows.values()]
    .flatMap((row) => windowsIn(row.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))))
    .toSorted((a, b) => order(a).localeCompare(order(b)));
}

/** What was right then, and was withdrawn since, was wrong. */
function judgedAgain(one: PlaySighting, withdrawn: (model: ModelName) => ReadonlySet<Sha256>): PlaySighting {
  if (one.cell !== 'right' || one.digest === undefined || !withdrawn(one.model).has(one.digest)) return one;
  return { ...one, cell: 'wrong', what: ['reverted'] };
}

function windowsIn(row: readonly PlaySighting[]): WrongWindow[] {
  const windows: WrongWindow[] = [];
  let right: PlaySighting | undefined;
  let wrong: PlaySighting[] = [];
  const close = (until: Instant | null): void => {
    const [first] = wrong;
    const last = wrong.at(-1);
    if (first === undefined || last === undefined) return;
    windows.push({
      node: first.node,
      model: first.model,
      // It may have gone wrong as soon as the look that saw it right had begun.
      from: right?.from ?? null,
      seenFrom: first.at,
      seenUntil: last.from > first.at ? last.from : first.at,
      until,
      digests: [...new Set(wrong.flatMap(({ digest }) => digest ?? []))],
      what: [...new Set(wrong.flatMap(({ what }) => what))],
    });
    wrong = [];
  };
  for (const one of row) {
    if (one.cell === 'wrong') wrong.push(one);
    else if (one.cell === 'right') {
      close(one.at);
      right = one;
    }
  }
  close(null);
  return windows;
}

function order({ node, model, seenFrom }: WrongWindow): string {
  return `${node} ${model} ${seenFrom}`;
}

/** Windows that reach into the time since then. */
export function windowsSince(windows: readonly WrongWindow[], sinceMs: number): WrongWindow[] {
  return windows.filter(({ until }) => until === null || Date.parse(until) >= sinceMs);
}

/** The windows as a table for programs: one row a window, empty where nobody knows. */
export function windowsCsv(windows: readonly WrongWindow[]): string {
  const head = 'node,model,from,until,seen_from,seen_until,digests,what';
  const rows = windows.map(({ node, model, from, until, seenFrom, seenUntil, digests, what }) =>
    [node, model, from ?? '', until ?? '', seenFrom, seenUntil, digests.join(' '), what.join(' ')].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}
