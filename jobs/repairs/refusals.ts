import type { LookContext, TargetPlan } from '../../src/contract/job.ts';
import type { RefusalCode } from '../../src/domain/fault.ts';
import type { Model } from '../../src/domain/model.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { expectedOf } from '../checks/survey-of.ts';
import { megabytes } from './target-steps.ts';

export type Refused = Extract<TargetPlan, { kind: 'refused' }>;

/** Share of the disk that a transfer has to leave free. */
const DISK_RESERVE = 0.05;

/** A refusal as a repair returns it. */
export function refused(code: RefusalCode, text: string): Refused {
  return { kind: 'refused', refusal: { code, text } };
}

/** Why nothing may be changed in this folder at all; undefined: it may. */
export function folderRefusal(survey: Survey, models: readonly Model[]): Refused | undefined {
  if (survey.folder === null) return refused('gone', 'The models folder is not there any more. Check the node again.');
  if (isMountSuspect(survey, models)) {
    return refused(
      'mount_suspect',
      `Every one of its ${survey.links.dead} links leads to nothing at once: its disk may not be mounted. Nothing is repaired there before a person has looked.`,
    );
  }
  if (!survey.folder.writable)
    return refused('not_writable', 'The models folder may not be written to by the user of the inventory.');
  return survey.canRename
    ? undefined
    : refused('no_tool', 'The node has no mv -T, mv -h or python3 to replace a name in one step.');
}

/** All links of the folder dead, at least two, and none of the models there: that is how a folder looks whose disk is gone. */
function isMountSuspect(survey: Survey, models: readonly Model[]): boolean {
  if (survey.links.alive > 0 || survey.links.dead < 2) return false;
  return models.every(({ canonical }) => entryOf(survey, canonical).kind === 'absent');
}

/** Why nothing may be sent to this node's disk; `stopPercent` is how full it may be before. */
export function diskRefusal({ disk }: Pick<Survey, 'disk'>, bytes: number, stopPercent: number): Refused | undefined {
  if (disk === null) return refused('disk_low', 'The node does not say how much space it has.');
  const { freeBytes, totalBytes } = disk;
  const full = totalBytes === 0 ? 1 : 1 - freeBytes / totalBytes;
  if (full * 100 > stopPercent) {
    return refused(
      'disk_low',
      `The disk is ${Math.round(full * 100)} % full; nothing is sent to a disk above ${stopPercent} %.`,
    );
  }
  if (freeBytes - bytes >= totalBytes * DISK_RESERVE) return undefined;
  return refused(
    'disk_low',
    `${megabytes(bytes)} would not leave 5 % of the disk free (${megabytes(freeBytes)} are free now).`,
  );
}

/** Why a model cannot be sent from the source to this node now. */
export function sendRefusal(context: LookContext, model: Model): Refused | undefined {
  const { source } = expectedOf(context, model);
  if (context.node.coordinator || source.node === context.node.name) {
    return refused(
      'source_bad',
      `${context.node.name} is where models come from; its own ${model.canonical} has to be put right by a person.`,
    );
  }
  if (context.node.noTargetBecause !== null)
    return refused('node_inactive', `No models are sent there: ${context.node.noTargetBecause}.`);
  return sourceRefusal(context, model);
}

/** Why a model cannot be sent to anybody now. */
export function sourceRefusal(context: LookContext, model: Model): Refused | undefined {
  const { record, source } = expectedOf(context, model);
  if (source.kind === 'absent') return refused('source_bad', `${source.node} has no ${model.canonical} to send.`);
  if (source.kind === 'bad')
    return refused('source_bad', `${model.canonical} on ${source.node} is not right itself: ${source.detail}.`);
  if (source.kind === 'disputed')
    return refused(
      'digest_disputed',
      `Nobody knows which ${model.canonical} is right: ${source.detail}. Say it, as in pin ${model.name} <digest>.`,
    );
  if (source.kind === 'in_flight')
    return refused(
      'model_in_flight',
      `${model.canonical} is being written on ${source.node}: nothing is sent before it is still. Ask again in a minute.`,
    );
  if (source.kind === 'unknown')
    return refused('source_bad', `${source.node} cannot be asked for ${model.canonical} now: ${source.detail}.`);
  return record.current === null
    ? refused('source_bad', `Nobody knows yet which bytes ${model.canonical} should have.`)
    : undefined;
}
