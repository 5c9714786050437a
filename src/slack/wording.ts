import type { UnknownReason } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding.ts';
import type { Instant, PersonId } from '../domain/names.ts';
import type { Plan, Risk } from '../domain/plan.ts';
import { reversible } from '../domain/plan.ts';
import type { TargetOutcome } from '../domain/receipt.ts';

/** `1 node`, `3 nodes`, `0 nodes`; give the plural where it is not an s. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** `a, b and c`. */
export function joined(words: readonly string[], and = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1)}`;
}

/** Bytes in units of a thousand, as disks and networks count: `108 MB`. */
export function bytes(number: number): string {
  if (number < 1_000) return count(number, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = number / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${units[unit] ?? 'TB'}`;
}

/** Milliseconds as a person says them: `0.4 s`, `12 s`, `4 min`, `2 h 5 min`, `3 days`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds < 0.05 && seconds > 0 ? '0.1' : seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return count(Math.round(hours / 24), 'day');
}

/** Milliseconds from one instant to another. */
export function between(from: Instant, to: Instant): number {
  return Date.parse(to) - Date.parse(from);
}

/** A time of day in the reader's zone, the date on hover; UTC where it cannot be rendered. */
export function clockTime(at: Instant): string {
  return dateToken(at, '{time}');
}

/** The same with how long ago it was; the reader's client keeps that true, so no edit is needed for it. */
export function since(at: Instant): string {
  return dateToken(at, '{date_short_pretty} {time} ({ago})');
}

function dateToken(at: Instant, format: string): string {
  const date = new Date(at);
  const fallback = `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(date.getTime() / 1_000)}^${format}|${fallback}>`;
}

/** A person as Slack shows them: a mention for people of the workspace, words for a shell or a machine. Safe by the shape of the id. */
export function mention(person: PersonId): string {
  const [, user] = /^[A-Z0-9]+\/([A-Z0-9]+)$/.exec(person) ?? [];
  if (user !== undefined) return `<@${user}>`;
  const [, kind, name = ''] = /^(cli|alert):(.*)$/.exec(person) ?? [];
  const safe = name.replace(/[^\p{L}\p{N}._-]/gu, '?');
  return kind === 'alert' ? `an alert of ${safe}` : `${safe} (shell)`;
}

/** The first digits of a hash, enough to type. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** What a plan risks, in words. */
export function riskWords(plan: Plan): string {
  const words: Record<Risk, string> = {
    reversible: 'reversible',
    disruptive: 'disruptive: readers may meet a gap',
    'restores-weights': 'restores weights',
    'replaces-weights': 'replaces weights',
  };
  if (plan.risk === 'reversible' || !reversible(plan)) return words[plan.risk];
  return `${words[plan.risk]} · can be taken back`;
}

/** How it ended on a node, in words. */
export const outcomeWords: Readonly<Record<TargetOutcome, string>> = {
  verified: 'verified',
  already_right: 'was right already',
  skipped: 'skipped: it changed after the plan was made',
  rolled_back: 'failed and rolled back',
  stuck: 'stuck: the way back failed too, a person has to look',
  lost: 'lost: nobody saw how it ended, a person has to look',
  unreachable: 'not reached',
  not_started: 'not started',
};

/** The sign before an outcome; words always stand beside it. */
export const outcomeSigns: Readonly<Record<TargetOutcome, string>> = {
  verified: '✓',
  already_right: '✓',
  skipped: '–',
  rolled_back: '↩',
  stuck: '✗',
  lost: '?',
  unreachable: '?',
  not_started: '–',
};

/** A finding's code in a person's words, short enough for a list. */
export const findingWords: Readonly<Record<FindingCode, string>> = {
  model_missing: 'model missing',
  models_folder_missing: 'models folder missing',
  model_truncated: 'model truncated',
  model_outdated: 'model outdated',
  digest_mismatch: 'model has the wrong bytes',
  digest_disputed: 'digest disputed',
  model_in_flight: 'model still arriving',
  alias_missing: 'alias missing',
  alias_dangling: 'alias leads to nothing',
  alias_wrong_target: 'alias points at another model',
  alias_not_a_link: 'alias is a file, not a link',
  alias_loop: 'alias points at itself',
  node_unreachable: 'unreachable',
  tool_missing: 'tool missing',
  disk_low: 'disk nearly full',
  permission_denied: 'not permitted',
  transport_failing: 'transport failing',
  breaker_open: 'circuit breaker open',
  format_invalid: 'file is no model',
  format_corrupt: 'model corrupt',
  format_legacy: 'old file format',
  torch_missing: 'torch missing',
  torch_too_old: 'torch too old',
  load_refused: 'model does not load',
  metadata_wrong: 'metadata wrong',
  daemon_down: 'daemon down',
  daemon_degraded: 'daemon degraded',
  daemon_unobservable: 'daemon cannot be observed',
  daemon_cache_stale: 'daemon remembers old checksums',
  coordinator_down: 'coordinator down',
  distribution_stuck: 'distribution stuck',
  plays_old_model: 'plays an old model',
  leftovers: 'leftover files',
};

/** Why something is not known, in a person's words. */
export const reasonWords: Readonly<Record<UnknownReason, string>> = {
  dns: 'its name does not resolve',
  refused: 'connection refused',
  timeout: 'no answer in time',
  auth: 'our key was not accepted',
  host_key_changed: 'its host key has changed',
  host_key_unknown: 'its host key is unknown',
  channel_refused: 'it opens no further session',
  lost: 'the connection was lost',
  no_tool: 'a tool is missing there',
  no_folder: 'the folder is not there',
  parse: 'its answer could not be read',
  permission: 'not permitted',
  too_much_output: 'it said too much',
  cancelled: 'cancelled',
  no_record: 'no promoted digest on record',
};
