import type { LookContext } from '../../src/contract/job.ts';
import type { Expected } from '../../src/domain/expected.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Node } from '../../src/domain/node.ts';
import { modelsSurvey } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';

/** The one survey that all checks of a node share: asked with the same models it is one round trip. */
export function surveyOf({ node, models, read }: Pick<LookContext, 'node' | 'models' | 'read'>): Promise<Survey> {
  return read(modelsSurvey(node.modelsDir, models));
}

/** What should be true of a model; throws when the caller did not find out. */
export function expectedOf({ expected }: Pick<LookContext, 'expected'>, model: Model): Expected {
  const found = expected.get(model.name);
  if (found === undefined) throw new Error(`nothing was found out about ${model.name}`);
  return found;
}

/** Whether neither the record nor the source has the model: then no node needs it. */
export function isNoModel({ record, source }: Expected): boolean {
  return record.current === null && source.kind === 'absent';
}

/** Whether the source itself is wrong: then nobody can say which of two sides is right. */
export function isSourceWrong({ source }: Expected): boolean {
  return source.kind === 'bad' || source.kind === 'disputed';
}

/** Said by every check that needs the folder, each time as the same finding; it stands for all that is missing in the folder. */
export function folderMissing(node: Node): Finding {
  return finding({
    code: 'models_folder_missing',
    node: node.name,
    subject: 'models',
    severity: 'critical',
    title: 'the models folder is missing: self-play there has no model at all',
    evidence: ['the folder could not be entered because it does not exist'],
  });
}

/** Whether the folder has no model, nor anything that is called like one. The source's own folder is judged model by model: other nodes may have what it lacks. */
export function isEmpty({ node }: Pick<LookContext, 'node'>, { folder, modelNames }: Survey): boolean {
  return folder !== null && modelNames === 0 && !node.coordinator;
}

/** The same for a folder without any model; it stands for all models and aliases that are missing there. */
export function folderEmpty(node: Node): Finding {
  return finding({
    code: 'models_folder_empty',
    node: node.name,
    subject: 'models',
    severity: 'critical',
    title: 'the models folder is empty: self-play there has no model at all',
    evidence: [
      'the folder is there, and no name in it ends in .pth; on a node that had models its disk may not be mounted',
    ],
  });
}

/** Text from a node as one short line: control characters as escapes. */
export function shown(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return visible.length > 100 ? `${visible.slice(0, 99)}…` : visible;
}
