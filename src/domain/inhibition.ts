import { DOWN_CODES, type Finding, type FindingCode, isSilence, type Unknown } from './finding.ts';
import type { Incident } from './incident.ts';
import { isOver } from './incident-status.ts';
import type { IncidentId, NodeName } from './names.ts';

type Trouble = Pick<Incident, 'findings' | 'unknown'>;

/** What a file on the coordinator that is not good leads to elsewhere. */
const OF_A_BAD_SOURCE: readonly FindingCode[] = [
  'model_missing',
  'model_truncated',
  'model_outdated',
  'digest_mismatch',
  'alias_dangling',
  'distribution_stuck',
];
/** What follows when the coordinator does not answer. */
const OF_A_SILENT_SOURCE: readonly FindingCode[] = [
  'model_missing',
  'model_outdated',
  'distribution_stuck',
  'transport_failing',
  'daemon_down',
  'daemon_degraded',
  'daemon_unobservable',
];

/**
 * The incident that tells already of all that is wrong in this one: the same findings, a node that does not answer, a coordinator that is
 * down or whose file is bad. Undefined: something here is told by nobody. Only what people were told of hides anything.
 */
export function explainedBy(
  incident: Incident,
  others: readonly Incident[],
  coordinator: NodeName | undefined,
): IncidentId | undefined {
  const things = [...incident.findings, ...incident.unknown.filter(isSilence)];
  if (things.length === 0 || incident.look === undefined) return undefined;
  const telling = others.filter((other) => other.id !== incident.id && tells(other));
  const explaining = things.map((thing) => telling.find((other) => explains(other, thing, coordinator)));
  return explaining.every((one) => one !== undefined) ? explaining[0]?.id : undefined;
}

function tells({ isIncident, untold, waitsFor, status }: Incident): boolean {
  return isIncident && !untold && waitsFor === undefined && !isOver(status);
}

function explains(other: Trouble, thing: Finding | Unknown, coordinator: NodeName | undefined): boolean {
  if (isDown(other, thing.node)) return true;
  if (!('code' in thing)) return false;
  if (other.findings.some(({ id }) => id === thing.id)) return true;
  if (coordinator === undefined || thing.node === coordinator) return false;
  if (isDown(other, coordinator) && OF_A_SILENT_SOURCE.includes(thing.code)) return true;
  return (
    OF_A_BAD_SOURCE.includes(thing.code) &&
    other.findings.some(
      ({ node, model, code }) => node === coordinator && model === thing.model && !code.startsWith('alias_'),
    )
  );
}

function isDown({ findings, unknown }: Trouble, node: NodeName): boolean {
  return (
    unknown.some((one) => one.node === node && isSilence(one)) ||
    findings.some((one) => one.node === node && DOWN_CODES.includes(one.code))
  );
}
