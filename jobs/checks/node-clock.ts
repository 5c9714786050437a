import type { Check } from '../../src/contract/job.ts';
import { finding } from '../../src/domain/finding.ts';
import { duration as durationWords } from '../../src/domain/wording.ts';
import { nodeCondition } from '../../src/facts/node-condition.ts';
import { surveyOf } from './survey-of.ts';

/** Does the node know what time it is? Leases, logs and the daemon's hour of re-pushing go by its clock. */
export const nodeClock: Check = {
  name: 'node-clock',
  summary: 'nodes whose clock is wrong',
  needsNoSource: true,
  run: async (context) => {
    const { node, models, limits, now, read } = context;
    const { folder } = await surveyOf(context);
    if (folder === null) return { findings: [], unknown: [], notes: [] };
    const files = models.map(({ canonical }) => canonical);
    const beforeS = now().getTime() / 1_000;
    const { clockS } = await read(nodeCondition(folder.path, folder.id, files));
    const afterS = now().getTime() / 1_000;
    // However long the answer took, it was given between the two: only what is outside of both is the node's own error.
    const skewS = clockS < beforeS ? Math.ceil(beforeS - clockS) : Math.max(0, Math.floor(clockS - afterS));
    if (skewS <= limits.clockSkewS) return { findings: [], unknown: [], notes: [] };
    const way = clockS < beforeS ? 'behind' : 'ahead';
    const wrong = finding({
      code: 'clock_skewed',
      node: node.name,
      subject: 'clock',
      severity: 'warning',
      title: `its clock is ${durationWords(skewS * 1_000)} ${way}`,
      evidence: [
        'the daemon pushes files again that its clock takes for young; set the time, or start time synchronisation',
      ],
    });
    return { findings: [wrong], unknown: [], notes: [] };
  },
};
