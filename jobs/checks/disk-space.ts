import type { Check, LookContext } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { finding } from '../../src/domain/finding.ts';
import { bytes as sizeWords } from '../../src/domain/wording.ts';
import { type Biggest, biggestFiles } from '../../src/facts/biggest-files.ts';
import { nodeCondition } from '../../src/facts/node-condition.ts';
import { keptFiles } from './kept-files.ts';
import { oldTemporaries } from './leftovers.ts';
import { shown, surveyOf } from './survey-of.ts';

/** Is there room for models? What fills the disk is looked up only where it is nearly full. */
export const diskSpace: Check = {
  name: 'disk-space',
  summary: 'disks that are nearly full, what fills them and what medic keeps there',
  run: async (context) => {
    const { node, models, limits, read } = context;
    const survey = await surveyOf(context);
    const { folder, disk } = survey;
    if (folder === null) return { findings: [], unknown: [], notes: [] };
    if (disk === null) throw new Fault('parse', 'the node does not say how much space it has');
    const { freeBytes, totalBytes } = disk;
    const percent = totalBytes === 0 ? 100 : Math.floor((1 - freeBytes / totalBytes) * 100);
    if (percent <= limits.diskWarnPercent) return { findings: [], unknown: [], notes: [] };
    const files = models.map(({ canonical }) => canonical);
    const [biggest, around, { quarantineBytes }, strays, ours, kept] = await Promise.all([
      read(biggestFiles(folder.path, folder.id)),
      biggestAround(context),
      read(nodeCondition(folder.path, folder.id, files)),
      oldTemporaries(context, survey, 'other'),
      oldTemporaries(context, survey, 'medic'),
      orNothing(async () => (await keptFiles(context, survey)).files),
    ]);
    const expired = kept.filter(({ told }) => told.state === 'expired');
    const frees = expired.reduce((sum, { told }) => sum + told.frees, 0);
    const stops = percent > limits.diskStopPercent;
    const low = finding({
      code: 'disk_low',
      node: node.name,
      subject: 'models',
      severity: stops ? 'critical' : 'warning',
      title: `the disk of the models folder is ${percent} % full${stops ? ': nothing is sent there' : ''}`,
      evidence: [
        `${sizeWords(freeBytes)} free of ${sizeWords(totalBytes)}`,
        ...biggest.map(({ name, bytes }) => `${shown(name)} takes ${sizeWords(bytes)}`),
        ...around.map(({ name, bytes }) => `${shown(name)} beside the models takes ${sizeWords(bytes)}`),
        ...strays
          .map(({ name, bytes }) => `${shown(name)}, which a broken transfer left, takes ${sizeWords(bytes)}`)
          .slice(0, 5),
        `medic keeps ${sizeWords(quarantineBytes)} of replaced files in .medic/quarantine`,
        expired.length === 0
          ? 'none of that has had its time'
          : `${sizeWords(frees)} of that has had its time: quarantine prune on ${node.name} makes the plan`,
        ...(ours.length === 0
          ? []
          : [
              `${sizeWords(ours.reduce((sum, { bytes }) => sum + bytes, 0))} are temporary files that medic left: fix moves them into quarantine`,
            ]),
      ],
    });
    return { findings: [low], unknown: [], notes: [] };
  },
};

/** What else the cluster keeps on a full disk. */
async function biggestAround({ node, read }: LookContext): Promise<Biggest> {
  const { root } = node;
  if (root === null) return [];
  const found = await orNothing(() => read(biggestFiles(root, 'any')));
  return found.filter(({ name }) => node.modelsDir !== `${root}/${name}`);
}

/** What may not be read adds nothing: that the disk is full is told all the same. */
async function orNothing<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}
