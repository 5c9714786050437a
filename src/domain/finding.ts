import { z } from 'zod';
import { Asked } from './asked.ts';
import { digestOf } from './digest.ts';
import { DOCTOR_LINES_MAX, DoctorLine } from './doctor-line.ts';
import { UnknownReason } from './fault.ts';
import { KeptFile } from './kept-file.ts';
import { JobName, ModelName, NodeName } from './names.ts';
import { OutsideChange } from './outside.ts';

/** The codes of contract.md; a code keeps its meaning for ever. */
export const FindingCode = z.enum([
  'model_missing',
  'models_folder_missing',
  'models_folder_empty',
  'model_truncated',
  'model_outdated',
  'digest_mismatch',
  'digest_disputed',
  'model_in_flight',
  'alias_missing',
  'alias_dangling',
  'alias_wrong_target',
  'alias_not_a_link',
  'alias_loop',
  'node_unreachable',
  'tool_missing',
  'disk_low',
  'permission_denied',
  'transport_failing',
  'breaker_open',
  'format_invalid',
  'format_corrupt',
  'format_legacy',
  'torch_missing',
  'torch_too_old',
  'load_refused',
  'metadata_wrong',
  'daemon_down',
  'daemon_degraded',
  'daemon_unobservable',
  'daemon_cache_stale',
  'coordinator_down',
  'distribution_stuck',
  'plays_old_model',
  'leftovers',
  'clock_skewed',
]);
export type FindingCode = z.infer<typeof FindingCode>;

export const Severity = z.enum(['critical', 'warning', 'info']);
export type Severity = z.infer<typeof Severity>;

/** What a check saw. The id is made of code, node, model and subject, so the same fault has the same id in every look. */
export const Finding = z.strictObject({
  id: z.string().regex(/^f-[0-9a-f]{8}$/),
  code: FindingCode,
  node: NodeName,
  model: ModelName.optional(),
  /** The file's name, the program, the mount: what the finding is about. */
  subject: z.string().min(1).max(255),
  severity: Severity,
  /** The news in a person's words, without the node's name, so that equal findings on many nodes fold into one line. */
  title: z.string().min(1).max(300),
  evidence: z.array(z.string().max(2_000)).max(20),
  /** What the node was asked to see that, and how it answered; absent: it was read off something else. */
  asked: z.array(Asked).max(3).optional(),
});
export type Finding = z.infer<typeof Finding>;

/** Makes a finding and its id. */
export function finding(parts: Omit<Finding, 'id'>): Finding {
  const { code, node, model, subject } = parts;
  return Finding.parse({ id: `f-${digestOf({ code, node, model, subject }).slice(0, 8)}`, ...parts });
}

/** Findings without a model that are about every model of their node; others without one are about the node beside its models. */
const ABOUT_ALL_MODELS: readonly FindingCode[] = ['models_folder_missing', 'models_folder_empty', 'torch_missing'];

/** Models that findings are about; null: about all that were looked at. A finding of the node itself is about none. */
export function modelsConcerned(findings: readonly Finding[]): ModelName[] | null {
  if (findings.some(({ code, model }) => model === undefined && ABOUT_ALL_MODELS.includes(code))) return null;
  return [...new Set(findings.flatMap(({ model }) => model ?? []))];
}

/** Whether a finding says something about this model on this node. */
export function concerns(found: Finding, node: NodeName, model: ModelName): boolean {
  if (found.node !== node) return false;
  return found.model === undefined ? ABOUT_ALL_MODELS.includes(found.code) : found.model === model;
}

/** Codes that say that a node does not answer at all. */
export const DOWN_CODES: readonly FindingCode[] = ['node_unreachable', 'coordinator_down'];

const FORMAT_CODES: readonly FindingCode[] = [
  'format_invalid',
  'format_corrupt',
  'format_legacy',
  'load_refused',
  'metadata_wrong',
];

/** One fault, one finding: what is wrong inside a file is why its digest differs, so the digest is not told beside it. */
export function withoutEffects(findings: readonly Finding[]): Finding[] {
  const causes = findings.filter(({ code }) => FORMAT_CODES.includes(code));
  const hasCause = ({ node, subject }: Finding) =>
    causes.some((cause) => cause.node === node && cause.subject === subject);
  return findings.filter((found) => found.code !== 'digest_mismatch' || !hasCause(found));
}

/** Something about a node that could not be told, and why. */
export const Unknown = z.strictObject({
  node: NodeName,
  check: JobName,
  reason: UnknownReason,
  detail: z.string().max(1_000),
  model: ModelName.optional(),
});
export type Unknown = z.infer<typeof Unknown>;

/** Something that may be why, and whether what was seen supports it. */
export const Hypothesis = z.strictObject({
  verdict: z.enum(['supported', 'refuted', 'unknown']),
  words: z.string().min(1).max(400),
  evidence: z.array(z.string().max(500)).max(8),
});
export type Hypothesis = z.infer<typeof Hypothesis>;

const NO_ANSWER: ReadonlySet<string> = new Set([
  'dns',
  'refused',
  'timeout',
  'auth',
  'host_key_changed',
  'host_key_unknown',
  'channel_refused',
  'lost',
]);

/** Whether a node gave no answer at all, and not only none to one question. */
export function isSilence({ reason }: Pick<Unknown, 'reason'>): boolean {
  return NO_ANSWER.has(reason);
}

/** What checks saw on some nodes: findings and unknowns stand side by side, notes say what was looked at and is right. */
export const CheckReport = z.strictObject({
  findings: z.array(Finding),
  unknown: z.array(Unknown),
  notes: z.array(z.string().max(500)),
  /** Why it may be so; absent: nobody asked. */
  hypotheses: z.array(Hypothesis).optional(),
  /** What lies in quarantine, where that was asked for. */
  kept: z.array(KeptFile).max(5_000).optional(),
  /** What is otherwise than at the look before, where no change of ours touched the node. */
  outside: z.array(OutsideChange).max(500).optional(),
  /** What a worker finds about itself, where that was asked for. */
  self: z.array(DoctorLine).max(DOCTOR_LINES_MAX).optional(),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** Findings win over unknowns, unknowns over clear: what is not known is never clear. */
export function verdictOf(report: Pick<CheckReport, 'findings' | 'unknown'>): 'clear' | 'found' | 'unknown' {
  if (report.findings.length > 0) return 'found';
  return report.unknown.length > 0 ? 'unknown' : 'clear';
}
