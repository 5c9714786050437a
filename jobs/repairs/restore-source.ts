import type { Repair } from '../../src/contract/job.ts';
import { describeTargets } from './describe.ts';
import { putRight } from './put-right.ts';
import { refused } from './refusals.ts';

/** Brings the recorded bytes back to the coordinator from a node, a backup or quarantine that holds them; the bad file is kept. */
export const restoreSource: Repair = {
  name: 'restore-source',
  summary: 'brings the recorded model back to the coordinator from wherever it lies; the bad file is kept',
  copies: true,
  risk: 'restores-weights',
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe: (targets) => describeTargets(targets, ', so that it can be sent from there again'),
  plan: async (context) =>
    context.node.coordinator
      ? putRight(context, 'models', { restore: true })
      : refused('source_bad', `${context.node.name} is not where models come from.`),
};
