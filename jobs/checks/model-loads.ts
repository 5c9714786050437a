import type { Check, LookContext } from '../../src/contract/job.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { LOAD_PROBE } from '../../src/domain/probe.ts';
import { type Loaded, modelLoad } from '../../src/facts/model-load.ts';
import { measureFiles } from './model-fault.ts';
import { modelFormat } from './model-format.ts';
import { expectedOf, surveyOf } from './survey-of.ts';
import { noTorch, tooOld } from './torch-there.ts';

/** Does each model load on the node, with the torch that plays it? Only bytes that are on record and that the gate found sound. */
export const modelLoads: Check = {
  name: LOAD_PROBE,
  summary: 'a probe: loads models with the node’s own torch, weights only; asked for by verify --load',
  byDefault: false,
  probe: true,
  run: async (context) => {
    const { node, models, read } = context;
    const survey = await surveyOf(context);
    if (survey.folder === null || node.root === null) return { findings: [], unknown: [], notes: [] };
    const { path: dir, id: folderId } = survey.folder;
    const gate = await modelFormat.run(context);
    const measured = await measureFiles(context, survey, models);
    const sound = (model: Model): boolean =>
      ![...gate.findings, ...gate.unknown].some((one) => one.model === undefined || one.model === model.name);
    const files = models.flatMap((model) => {
      const current = expectedOf(context, model).record.current;
      const isRecorded = current !== null && measured.get(model.canonical) === current.digest;
      return isRecorded && sound(model) ? [{ name: model.canonical, digest: current.digest, model }] : [];
    });
    if (files.length === 0)
      return { findings: [], unknown: [], notes: ['nothing was loaded: no file there has the digest on record'] };
    const answer = await read(modelLoad({ root: node.root, venv: node.venv, dir, folderId }, files));
    if (answer === 'no_torch') return { findings: [noTorch(context)], unknown: [], notes: [] };
    const findings = files.flatMap(({ name, model }) => faultOf(context, model, answer.get(name)) ?? []);
    const dead = files.filter(({ name }) => answer.get(name)?.result === 'died');
    const unknown = dead.map(({ name, model }) => ({
      node: node.name,
      check: LOAD_PROBE,
      reason: 'parse' as const,
      detail: `${name} could not be loaded to an end: ${answer.get(name)?.detail ?? ''}`,
      model: model.name,
    }));
    const loaded = files.filter(({ name }) => answer.get(name)?.result === 'loaded');
    const [first] = loaded;
    const torch = first === undefined ? '' : ` with torch ${answer.get(first.name)?.torch ?? 'of no version'}`;
    return { findings, unknown, notes: [`${loaded.length} of ${files.length} models load${torch}`] };
  },
};

function faultOf({ node }: LookContext, model: Model, loaded: Loaded | undefined): Finding | undefined {
  const base = { node: node.name, model: model.name, subject: model.canonical, severity: 'critical' as const };
  const torch = loaded?.torch ?? 'of no version';
  if (loaded?.result === 'torch_too_old') return tooOld(node.name, model, torch, loaded.detail);
  if (loaded?.result !== 'refused') return undefined;
  const title = `${model.canonical} is refused by a safe load with torch ${torch}`;
  return finding({ ...base, code: 'load_refused', title, evidence: [loaded.detail] });
}
