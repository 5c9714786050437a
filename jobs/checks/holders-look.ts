import type { HoldersLook } from '../../src/contract/job.ts';
import { modelHolders } from '../../src/facts/model-holders.ts';
import { surveyOf } from './survey-of.ts';

/** How many processes of one node have each of these models open or mapped; a model that none has is left out. */
export const holdersLook: HoldersLook = async (context) => {
  const { models, read } = context;
  const { folder } = await surveyOf(context);
  if (folder === null) return new Map();
  const files = models.map(({ canonical }) => canonical);
  const { holders } = await read(modelHolders(folder.path, folder.id, files, { digests: false }));
  const pids = new Map<string, Set<number>>();
  for (const { pid, file } of holders) {
    const model = models.find(({ canonical }) => canonical === file)?.name;
    if (model !== undefined) pids.set(model, (pids.get(model) ?? new Set()).add(pid));
  }
  return pids;
};
