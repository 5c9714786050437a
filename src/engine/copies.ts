import type { CopiesLook, DigestCache } from '../contract/job.ts';
import type { Logger } from '../contract/logger.ts';
import type { Sessions } from '../contract/sessions.ts';
import type { Expected, ModelCopy } from '../domain/expected.ts';
import { Fault } from '../domain/fault.ts';
import type { Model } from '../domain/model.ts';
import type { ModelName } from '../domain/names.ts';
import { mayHoldModels, type Node } from '../domain/node.ts';
import { createReader } from './reader.ts';

type Eyes = {
  readonly sessions: Sessions;
  readonly copiesLook: CopiesLook;
  readonly digests: DigestCache;
  readonly logger: Logger;
};

/** Adds where the bytes of models lie, for those that the source cannot give: all active nodes are asked, and those that do not answer add nothing. */
export async function withCopies(
  eyes: Eyes,
  expected: ReadonlyMap<ModelName, Expected>,
  { models, nodes, always }: { models: readonly Model[]; nodes: readonly Node[]; always: boolean },
): Promise<ReadonlyMap<ModelName, Expected>> {
  const wanting = models.filter(({ name }) => {
    const found = expected.get(name);
    return found !== undefined && (always || isWanting(found));
  });
  if (wanting.length === 0) return expected;
  const known = new Set(
    wanting.flatMap(({ name }) => {
      const { current = null, earlier = [] } = expected.get(name)?.record ?? {};
      return [...(current === null ? [] : [current]), ...earlier].map(({ digest }) => digest);
    }),
  );
  const asked = nodes.filter(mayHoldModels);
  const copies = (await Promise.all(asked.map((node) => copiesOn(eyes, node, wanting, known)))).flat();
  return new Map(
    [...expected].map(([name, found]) => [
      name,
      wanting.some((model) => model.name === name)
        ? { ...found, copies: copies.filter(({ model }) => model === name) }
        : found,
    ]),
  );
}

/** The source is wrong for good: a new file that was only seen once may be right at the next look. */
function isWanting({ record, source }: Expected): boolean {
  if (source.kind === 'disputed') return true;
  return record.current !== null && record.candidate === null && (source.kind === 'absent' || source.kind === 'bad');
}

async function copiesOn(
  { sessions, copiesLook, digests, logger }: Eyes,
  node: Node,
  models: readonly Model[],
  known: ReadonlySet<string>,
): Promise<readonly ModelCopy[]> {
  try {
    return await copiesLook({ node, models, read: createReader(sessions, node), known, digests });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    logger.info({ node: node.name, reason: error.reason }, 'node gave no answer while copies were looked for');
    return [];
  }
}
