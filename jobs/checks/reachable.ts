import type { Check } from '../../src/contract/job.ts';
import { Fault, type UnknownReason } from '../../src/domain/fault.ts';
import { modelsSurvey } from '../../src/facts/survey.ts';

/** Answers that only a node that was reached can give. */
const ANSWERED: ReadonlySet<UnknownReason> = new Set(['no_folder', 'permission', 'parse', 'no_tool']);

/** Does the node answer at all? Told by the survey that the other checks need anyway. */
export const reachable: Check = {
  name: 'reachable',
  summary: 'nodes that do not answer, and why',
  needsNoSource: true,
  run: async ({ node, models, read }) => {
    try {
      await read(modelsSurvey(node.modelsDir ?? '~', models));
    } catch (error) {
      if (!(error instanceof Fault) || !ANSWERED.has(error.reason)) throw error;
    }
    return { findings: [], unknown: [], notes: ['the node answers'] };
  },
};
