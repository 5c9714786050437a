import { MEDIC } from '../domain/asker.ts';
import { STANDING } from '../domain/envelope.ts';
import type { UnknownReason } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding.ts';
import type { Instant, PersonId } from '../domain/names.ts';
import type { TargetOutcome } from '../domain/receipt.ts';

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
  if (user !== undefined) return user.startsWith('S') ? `<!subteam^${user}>` : `<@${user}>`;
  const [, kind, name = ''] = /^(cli|key|alert):(.*)$/.exec(person) ?? [];
  const safe = name.replace(/[^\p{L}\p{N}._-]/gu, '?');
  if (kind !== 'alert') return `${safe} (shell)`;
  if (person === STANDING) return 'medic, under a standing approval';
  return person === MEDIC ? 'medic itself' : `an alert of ${safe}`;
}

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
  models_folder_empty: 'models folder empty',
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
  clock_skewed: 'clock wrong',
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
