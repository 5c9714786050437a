import type { Repair } from '../../src/contract/job.ts';
import { describeTargets } from './describe.ts';
import { putRight } from './put-right.ts';

/** Sends models that are missing, cut short or other than promoted, and links their aliases where those are wrong too. */
export const resyncModel: Repair = {
  name: 'resync-model',
  summary: 'sends the promoted model again and puts it in place by one rename; the old file is kept',
  risk: 'restores-weights',
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe: (targets) => describeTargets(targets),
  plan: (context) => putRight(context, 'models'),
};
