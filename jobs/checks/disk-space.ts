import type { Check } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { finding } from '../../src/domain/finding.ts';
import { bytes as sizeWords } from '../../src/domain/wording.ts';
import { biggestFiles } from '../../src/facts/biggest-files.ts';
import { nodeCondition } from '../../src/facts/node-condition.ts';
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
    const [biggest, { quarantineBytes }, strays] = await Promise.all([
      read(biggestFiles(folder.path, folder.id)),
      read(nodeCondition(folder.path, folder.id, files)),
      oldTemporaries(context, survey, 'other'),
    ]);
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
        ...strays
          .map(({ name, bytes }) => `${shown(name)}, which a broken transfer left, takes ${sizeWords(bytes)}`)
          .slice(0, 5),
        `medic keeps ${sizeWords(quarantineBytes)} of replaced files in .medic/quarantine`,
      ],
    });
    return { findings: [low], unknown: [], notes: [] };
  },
};
