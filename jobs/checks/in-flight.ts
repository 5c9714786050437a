import type { LookContext } from '../../src/contract/job.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import { beingWritten, type Writing } from '../../src/facts/being-written.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';

/** The faults of this look, but of a model that is being written only that it is. Models without a fault cost no question. */
export async function unlessInFlight(
  { node, read }: Pick<LookContext, 'node' | 'read'>,
  { folder }: Survey,
  faults: ReadonlyMap<Model, Finding>,
): Promise<Map<Model, Finding>> {
  const wrong = [...faults.keys()].filter((model) => faults.get(model)?.code !== 'model_in_flight');
  if (folder === null || wrong.length === 0) return new Map(faults);
  const names = wrong.map(({ canonical }) => canonical);
  const writings = await read(beingWritten(folder.path, folder.id, names));
  return new Map(
    [...faults].map(([model, fault]) => {
      const writing = writings.get(model.canonical) ?? 'still';
      return [model, writing === 'still' ? fault : inFlight(node.name, model, writing)];
    }),
  );
}

/** Said of a model that changes while it is looked at: what it will be is not known before it is still. */
export function inFlight(node: string, { name, canonical }: Model, writing: Exclude<Writing, 'still'>): Finding {
  return finding({
    code: 'model_in_flight',
    node,
    model: name,
    subject: canonical,
    severity: 'warning',
    title: `${canonical} is being written: it is judged when it is still`,
    evidence: [flightWords(writing, canonical)],
  });
}

/** How it is known that a file is being written. */
export function flightWords(writing: Exclude<Writing, 'still'>, file: string): string {
  return writing === 'written'
    ? `${file} changed between two looks`
    : `a temporary file of rsync for ${file} changed between two looks`;
}
