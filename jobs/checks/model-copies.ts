import type { Check } from '../../src/contract/job.ts';
import { COPIES_CHECK } from '../../src/domain/expected.ts';
import { candidateLines } from './dispute.ts';
import { expectedOf } from './survey-of.ts';

/** Where each digest of a model lies: on nodes, beside the models as a backup, and in quarantine. The engine has looked for the copies. */
export const modelCopies: Check = {
  name: COPIES_CHECK,
  summary: 'where the bytes of each model lie: nodes, backups, quarantine',
  scope: 'cluster',
  byDefault: false,
  run: async (context) => {
    const notes = context.models.flatMap((model) => {
      const { copies = [], record } = expectedOf(context, model);
      const lines = candidateLines(copies).map((line) => {
        const isCurrent = record.current !== null && line.startsWith(record.current.digest.slice(0, 8));
        return `${model.name} ${isCurrent ? 'as expected, ' : ''}${line}`.slice(0, 500);
      });
      return lines.length === 0 ? [`${model.name}: no node that answers holds a copy`] : lines;
    });
    return { findings: [], unknown: [], notes };
  },
};
