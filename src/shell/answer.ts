import type { LookView } from '../contract/command.ts';
import { askedSummary } from '../domain/asked.ts';
import { daemonNews, isDaemonLook } from '../domain/daemon.ts';
import type { EventOf } from '../domain/entry.ts';
import type { Finding, Unknown } from '../domain/finding.ts';
import { modelsConcerned, verdictOf } from '../domain/finding.ts';
import { foldNames } from '../domain/fold-names.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { differsLine, matrixLines, matrixRows } from '../domain/matrix.ts';
import { outsideWords } from '../domain/outside.ts';
import { hashPlan, type Plan } from '../domain/plan.ts';
import { planLines } from '../domain/plan-lines.ts';
import { quarantineLines, quarantineNews } from '../domain/quarantine.ts';
import { outcomeOf } from '../domain/receipt.ts';
import { receiptLines } from '../domain/receipt-lines.ts';
import { receiptJson } from '../domain/receipt-run.ts';
import { verdictLines, verdictsOf } from '../domain/verdicts.ts';
import { count, duration, joined, shortHash } from '../domain/wording.ts';
import { lookJson } from './look-json.ts';

/** What a shell command ends with: words for people, one object for programs, and the exit code of contract.md. */
export type ShellAnswer = {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  readonly exit: number;
};

type Look = EventOf<'checked'>;

/** The answer to `check`, `status` and `verify`. Findings: 1; unknowns alone: 4. */
export function lookAnswer(incident: Incident, view: Exclude<LookView, 'doctor'>): ShellAnswer {
  const { look } = incident;
  if (look === undefined) return failureAnswer(incident);
  const lines = {
    findings: () => findingLines(look),
    matrix: () => matrixLines(look),
    verdicts: () => [newsLine(look), ...verdictLines(look)],
    diagnosis: () => [...findingLines(look), ...diagnosisLines(look)],
    sources: () => sourceLines(look),
    quarantine: () => keptLines(look),
  }[view]();
  const json = {
    ...lookJson(incident),
    ...(view === 'matrix' ? { matrix: matrixRows(look), differs: differsLine(look) } : {}),
    ...(view === 'verdicts' ? { verdicts: verdictsOf(look) } : {}),
    ...(view === 'sources' ? { sources: look.report.notes } : {}),
    ...(view === 'quarantine' ? { quarantine: look.report.kept ?? [] } : {}),
  };
  return { lines: [...lines, ...nextWord(incident, look)], json, exit: exitOf(look.report) };
}

/** The answer to `fix`: the plans and how to run them; nothing has been changed. Refused for safety: 3; unknowns and nothing to do: 4. */
export function planAnswer(incident: Incident): ShellAnswer {
  const planning = incident.plannings.at(-1);
  if (planning === undefined || incident.look === undefined) return failureAnswer(incident);
  const plans = planning.plans.flatMap((hash) => incident.plans.get(hash) ?? []);
  const refusals = planning.refusals.map(({ text, nodes }) => `! ${foldNames(nodes)}: ${text}`);
  const unknown = unknownLines(incident.unknown);
  const news =
    plans.length === 0
      ? refusals.length > 0
        ? 'nothing can be planned'
        : nothingToDo(incident.unknown)
      : `${count(plans.length, 'plan')} · nothing has been changed`;
  const recurs = incident.asides.flatMap(({ event }) => (event.kind === 'recurs' ? [event] : []));
  const next = plans.map((plan) => {
    const hash = hashPlan(plan);
    if (planning.dry) return `  only named: npx medic fix ${incident.id} asks for approval, where medic may act`;
    const again = recurs.find((one) => one.plan === hash);
    if (again === undefined || incident.prompts.some((one) => one.plan === hash && one.state === 'waiting'))
      return `  to run it: npx medic approve ${shortHash(hash)}`;
    return `  ${again.text} To plan it all the same: npx medic fix ${incident.id} --anyway`;
  });
  const exit = plans.length > 0 ? 0 : refusals.length > 0 ? 3 : incident.unknown.length > 0 ? 4 : 0;
  return {
    lines: [
      news,
      ...plans.flatMap((plan, index) => [...linesOf(incident, plan), next[index] ?? '']),
      ...refusals,
      ...unknown,
    ],
    json: { ...lookJson(incident), plans: plans.map(planJson), refusals: planning.refusals },
    exit,
  };
}

/** A plan with what is told beside it. */
function linesOf({ besides, prompts }: Incident, plan: Plan): string[] {
  const hash = hashPlan(plan);
  return planLines(plan, besides.get(hash), prompts.findLast((prompt) => prompt.plan === hash)?.since);
}

function nothingToDo(unknown: readonly Unknown[]): string {
  const nodes = new Set(unknown.map(({ node }) => node)).size;
  return nodes === 0
    ? '✓ nothing to do: everything that was looked at is right'
    : `nothing to do on the nodes that answer; ${count(nodes, 'node is', 'nodes are')} unknown`;
}

/** The answer to `approve`: the receipt, or why nothing ran. Some nodes failed: 6; none succeeded: 1; refused: 5 or 3. */
export function receiptAnswer(incident: Incident, request: string): ShellAnswer {
  const prompt = incident.prompts.find((one) => one.request === request);
  const receipt = incident.executions.find((one) => one.request === request)?.finished;
  if (receipt === undefined) {
    const why = prompt?.ended?.why ?? 'nobody knows why';
    return { lines: [`✗ nothing was run: ${why}`], json: { incident: incident.id, refused: why }, exit: 5 };
  }
  return {
    lines: receiptLines(receipt),
    json: { incident: incident.id, receipt: receiptJson(receipt) },
    exit: { done: 0, partial: 6, failed: 1 }[outcomeOf(receipt)],
  };
}

function failureAnswer(incident: Incident): ShellAnswer {
  const detail = incident.failures.at(-1)?.detail ?? 'nobody knows why';
  return { lines: [`✗ it could not be done: ${detail}`], json: { incident: incident.id, error: detail }, exit: 70 };
}

function exitOf(report: Pick<Look['report'], 'findings' | 'unknown'>): number {
  return { found: 1, unknown: 4, clear: 0 }[verdictOf(report)];
}

function findingLines(look: Look): string[] {
  const rows = [...foldFindings(look.report.findings)];
  const width = Math.max(
    0,
    ...rows.map(([nodes]) => nodes.length),
    ...look.report.unknown.map(({ node }) => node.length),
  );
  const codes = Math.max(0, ...rows.map(([, code]) => code.length));
  const asked = askedSummary(look.report.findings);
  return [
    newsLine(look),
    ...rows.map(([nodes, code, words]) => `  ${nodes.padEnd(width)}  ${code.padEnd(codes)}  ${words}`),
    ...unknownLines(look.report.unknown, width),
    ...look.report.notes.map((note) => `  ${note}`),
    ...(asked === '' ? [] : [`  read off: ${asked}`]),
    ...outsideLines(look.report.outside),
  ];
}

const OUTSIDE_MAX = 8;

/** What somebody changed past medic since the look before. */
function outsideLines(outside: Look['report']['outside'] = []): string[] {
  const lines = outside.map(
    (change) =>
      `  changed outside medic since ${change.since.slice(11, 19)} UTC: ${change.node} ${outsideWords(change)}`,
  );
  const rest = lines.length - OUTSIDE_MAX;
  return [...lines.slice(0, OUTSIDE_MAX), ...(rest > 0 ? [`  … and ${rest} more: --json has all`] : [])];
}

/** The first line: what is wrong, where, how far. */
export function newsLine(look: Look): string {
  const { scope, report, ms } = look;
  const total = scope.nodes.length;
  const out = look.excluded === undefined ? '' : ` · ${look.excluded.length} excluded`;
  const took = `(${duration(ms)})${out}`;
  const wrong = new Set(report.findings.map(({ node }) => node)).size;
  if (wrong > 0) return `✗ ${wrongSubject(look)} wrong on ${wrong} of ${count(total, 'node')} ${took}`;
  const silent = new Set(report.unknown.map(({ node }) => node)).size;
  if (silent === 0) return `✓ ${subject(scope.models, scope.models)} right on ${count(total, 'node')} ${took}`;
  if (silent === total)
    return `? nothing is known: ${total === 1 ? 'the node does' : `none of ${total} nodes does`} not tell ${took}`;
  return `? ${subject(scope.models, scope.models)} right on ${total - silent} of ${count(total, 'node')}; the rest is unknown ${took}`;
}

function wrongSubject({ scope, report }: Look): string {
  const models = modelsConcerned(report.findings) ?? scope.models;
  return models.length === 0 ? 'something is' : subject(models, scope.models);
}

/** Why deliveries fail, a node and what speaks for and against each cause. */
function diagnosisLines({ report }: Look): string[] {
  return report.findings
    .filter(({ code }) => code === 'transport_failing')
    .flatMap(({ node, evidence }) => [`  ${node}`, ...evidence.map((line) => `    ${line}`)]);
}

/** What each source of the daemon says, the verdict first. */
function sourceLines(look: Look): string[] {
  return [daemonNews(look.report), ...look.report.notes.map((note) => `  ${note}`)];
}

/** What lies in quarantine, and how what has had its time is deleted. */
function keptLines({ report, scope }: Look): string[] {
  const kept = report.kept ?? [];
  return [
    quarantineNews(kept, scope.nodes.length),
    ...quarantineLines(kept).map((line) => `  ${line}`),
    ...unknownLines(report.unknown),
    ...report.notes.map((note) => `  ${note}`),
    ...(kept.some(({ state }) => state === 'expired') ? ['  next: npx medic quarantine prune [on <node set>]'] : []),
  ];
}

function subject(models: readonly string[], all: readonly string[]): string {
  const names = [...new Set(models.length > 0 ? models : all)];
  return names.length > 3 ? `${names.length} models are` : `${joined(names)} ${names.length === 1 ? 'is' : 'are'}`;
}

function foldFindings(findings: readonly Finding[]): [nodes: string, code: string, words: string][] {
  const groups = new Map<string, { code: string; title: string; nodes: string[] }>();
  for (const { code, title, node } of findings) {
    const group = groups.get(`${code} ${title}`) ?? { code, title, nodes: [] };
    group.nodes.push(node);
    groups.set(`${code} ${title}`, group);
  }
  return [...groups.values()].map(({ code, title, nodes }) => [foldNames(nodes), code, title]);
}

function unknownLines(unknown: readonly Unknown[], width = 0): string[] {
  return unknown.map(
    ({ node, reason, detail, model }) =>
      `? ${node.padEnd(width)}  ${reason}: ${detail}${model === undefined ? '' : ` (${model})`}; not counted as missing`,
  );
}

/** The wish for a repair of just what was looked at: in the same words where a shell leaves them alone, else by the incident. */
function nextWord({ id, text }: Incident, { report, scope }: Look): string[] {
  if (report.findings.length === 0 || isDaemonLook(scope)) return [];
  const asked = text.replace(/ --(?:only(?:=| +)\S+|\S+)/g, '').replace(/^\S+/, '');
  return [`  next: npx medic fix${/^[\w@.,: -]{0,200}$/.test(asked) ? asked : ` ${id}`}`];
}

function planJson(plan: Plan): Record<string, unknown> {
  return {
    hash: hashPlan(plan),
    risk: plan.risk,
    summary: plan.summary,
    repair: plan.repair,
    targets: plan.targets.map(({ node, steps }) => ({ node, steps: steps.map(({ title }) => title) })),
  };
}

/** The incident that entries add up to; one without a beginning is our bug. */
export function wholeIncident(entries: Parameters<typeof incidentOf>[0]): Incident {
  const incident = incidentOf(entries);
  if (incident === undefined) throw new Error('the incident has no beginning');
  return incident;
}
