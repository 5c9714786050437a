import type { Repair } from '../../src/contract/job.ts';
import { describeTargets } from './describe.ts';
import { putRight } from './put-right.ts';

/** Puts links where regular files stand in the place of aliases; the files go to quarantine, wrong models are sent again too. */
export const replaceAliasFile: Repair = {
  name: 'replace-alias-file',
  summary: 'replaces a regular file in the place of an alias by the link; the file is kept',
  risk: 'replaces-weights',
  verify: ['alias-links', 'model-present', 'model-digest'],
  describe: (targets) => describeTargets(targets, ', keeping the files that are there'),
  plan: (context) => putRight(context, 'files'),
};
