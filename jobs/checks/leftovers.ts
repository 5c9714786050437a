import type { Check, LookContext } from '../../src/contract/job.ts';
import { finding } from '../../src/domain/finding.ts';
import { duration as ageWords, count, bytes as sizeWords } from '../../src/domain/wording.ts';
import { nodeCondition, type Temporary } from '../../src/facts/node-condition.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { surveyOf } from './survey-of.ts';

/**
 * Do temporary files of medic's broken transfers lie about? Young ones may be a transfer that runs; those of other programs are no
 * business of a check, and are told where the disk is full.
 */
export const leftovers: Check = {
  name: 'leftovers',
  summary: 'temporary files that medic left when a transfer broke',
  run: async (context) => {
    const old = await oldTemporaries(context, await surveyOf(context), 'medic');
    if (old.length === 0) return { findings: [], unknown: [], notes: [] };
    const bytes = old.reduce((sum, one) => sum + one.bytes, 0);
    const left = finding({
      code: 'leftovers',
      node: context.node.name,
      subject: '.medic-*',
      severity: 'info',
      title: `${count(old.length, 'temporary file')} that medic left, ${sizeWords(bytes)}`,
      evidence: old
        .slice(0, 10)
        .map((one) => `${one.name}: ${sizeWords(one.bytes)}, ${ageWords(one.ageS * 1_000)} old`),
    });
    return { findings: [left], unknown: [], notes: [] };
  },
};

/** Temporary files of this owner that are older than a transfer takes, by the node's own clock; largest first. */
export async function oldTemporaries(
  { models, limits, read }: Pick<LookContext, 'models' | 'limits' | 'read'>,
  { folder }: Pick<Survey, 'folder'>,
  owner: Temporary['owner'],
): Promise<(Temporary & { readonly ageS: number })[]> {
  if (folder === null) return [];
  const files = models.map(({ canonical }) => canonical);
  const { clockS, temporaries } = await read(nodeCondition(folder.path, folder.id, files));
  return temporaries
    .map((one) => ({ ...one, ageS: clockS - one.mtimeS }))
    .filter((one) => one.owner === owner && one.ageS >= limits.leftoverMinutes * 60)
    .toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}
