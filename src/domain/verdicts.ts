import { shortDigest } from './digest.ts';
import type { EventOf } from './entry.ts';
import { concerns } from './finding.ts';
import { CELL_SIGNS, type Cell, cellOf, isUnsure } from './matrix.ts';
import type { ModelName, NodeName } from './names.ts';
import { LOAD_PROBE } from './probe.ts';

/** What one look says about one model on one node, in words. */
export type Verdict = {
  readonly node: NodeName;
  readonly model: ModelName;
  readonly verdict: Cell;
  readonly words: string;
};

type Look = Pick<EventOf<'checked'>, 'scope' | 'report' | 'expected'>;

/** One verdict a node and model, in the order of the look. */
export function verdictsOf(look: Look): Verdict[] {
  return look.scope.nodes.flatMap((node) =>
    look.scope.models.map((model) => ({
      node,
      model,
      verdict: cellOf(look, node, model),
      words: wordsOn(look, node, model),
    })),
  );
}

/** The verdicts as lines, one each. */
export function verdictLines(look: Look): string[] {
  const verdicts = verdictsOf(look);
  const widest = (key: 'node' | 'model') => Math.max(...verdicts.map((verdict) => verdict[key].length));
  const [nodes, models] = [widest('node'), widest('model')];
  return verdicts.map(
    ({ node, model, verdict, words }) =>
      `${CELL_SIGNS[verdict]} ${node.padEnd(nodes)}  ${model.padEnd(models)}  ${words}`,
  );
}

function wordsOn({ scope, report, expected }: Look, node: NodeName, model: ModelName): string {
  const wrong = report.findings
    .filter((found) => concerns(found, node, model))
    .map(({ code, title }) => `${code}: ${title}`);
  const unsure = report.unknown
    .filter((one) => isUnsure(one, node, model))
    .map(({ reason, detail }) => `unknown (${reason}: ${detail})`);
  if (wrong.length + unsure.length > 0) return [...wrong, ...unsure].join('; ');
  const digest = expected[model]?.digest;
  return digest === undefined
    ? 'not distributed: neither the record nor the source has it'
    : `present in full, promoted ${shortDigest(digest)}, alias right, sound inside${scope.checks.includes(LOAD_PROBE) ? ', loads' : ''}`;
}
