import type { Repair } from '../../src/contract/job.ts';
import { describeTargets } from './describe.ts';
import { putRight } from './put-right.ts';

/** Makes aliases the links they should be; what was there was missing or a link. */
export const linkAliases: Repair = {
  name: 'link-aliases',
  summary: 'sets aliases that are missing, lead to nothing or to another model',
  risk: 'reversible',
  verify: ['alias-links'],
  describe: (targets) => describeTargets(targets),
  plan: (context) => putRight(context, 'links'),
};
