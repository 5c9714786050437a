import { z } from 'zod';
import { Sha256, shortDigest } from './digest.ts';
import { foldNames } from './fold-names.ts';
import { Instant, ModelName, NodeName, PersonId } from './names.ts';
import { PlanHash } from './plan.ts';
import { PromptState } from './prompt-state.ts';
import { shortHash } from './wording.ts';

/** Why a node of the last such plan is not in this one. `by`: who locked or excluded it. */
const Gone = z.strictObject({
  node: NodeName,
  how: z.enum(['locked', 'excluded', 'refused', 'unknown', 'right', 'left_out']),
  by: PersonId.optional(),
  why: z.string().max(200),
});
export type Gone = z.infer<typeof Gone>;

/** How a plan differs from the last one of the same repair and models; shown beside it, never hashed. */
export const PlanSince = z.strictObject({
  plan: PlanHash,
  at: Instant,
  state: PromptState,
  /** Of one that was turned down: by whom and why. */
  rejected: z.strictObject({ by: PersonId, reason: z.string().max(500) }).optional(),
  added: z.array(NodeName),
  gone: z.array(Gone),
  /** Models of which other bytes are sent now. */
  digests: z.array(z.strictObject({ model: ModelName, from: Sha256, to: Sha256 })),
  /** Nodes on which something else is done than then. */
  changed: z.array(NodeName),
});
export type PlanSince = z.infer<typeof PlanSince>;

const ENDED: Readonly<Record<PromptState, string>> = {
  waiting: 'still waiting then',
  authorized: 'approved',
  running: 'running',
  executed: 'which ran',
  rejected: 'which was rejected',
  withdrawn: 'which was withdrawn',
  expired: 'which expired',
  superseded: 'which a newer one replaced',
  stale: 'which became stale',
  refused: 'which was refused',
};

/** How people and times are written where the words go. */
export type Spelling = {
  readonly names: (person: PersonId) => string;
  readonly time: (at: Instant) => string;
  readonly nodes: (nodes: readonly NodeName[]) => string;
  readonly text: (words: string) => string;
};

/** For a shell. */
export const plainSpelling: Spelling = {
  names: (person) => person,
  time: (at) => `${at.slice(0, 16).replace('T', ' ')} UTC`,
  nodes: foldNames,
  text: (words) => words,
};

const GONE_SHOWN = 6;

/** The difference in at most two lines: `differs from plan 91e0c4d2 of …: + vast-9, - runpod-a100-2 (locked by …)`. */
export function sinceLines(since: PlanSince, { names, time, nodes, text }: Spelling): string[] {
  const { added, gone, digests, changed, rejected } = since;
  const parts = [
    ...(added.length === 0 ? [] : [`+ ${nodes(added)}`]),
    ...gone
      .slice(0, GONE_SHOWN)
      .map(
        ({ node, how, by, why }) =>
          `- ${nodes([node])} (${goneWords({ how, why: text(why), by: by === undefined ? '' : names(by) })})`,
      ),
    ...(gone.length > GONE_SHOWN ? [`- ${gone.length - GONE_SHOWN} more nodes`] : []),
    ...digests.map(({ model, from, to }) => `${model} was ${shortDigest(from)}, is ${shortDigest(to)}`),
    ...(changed.length === 0 ? [] : [`other steps on ${nodes(changed)}`]),
  ];
  const last = `plan ${shortHash(since.plan)} of ${time(since.at)}, ${ENDED[since.state]}`;
  const news = parts.length === 0 ? `does what ${last}, would have done` : `differs from ${last}: ${parts.join(', ')}`;
  return [
    news,
    ...(rejected === undefined ? [] : [`${names(rejected.by)} rejected that one: ${text(rejected.reason)}`]),
  ];
}

function goneWords({ how, by, why }: { readonly how: Gone['how']; readonly by: string; readonly why: string }): string {
  if (how !== 'locked' && how !== 'excluded') return why;
  return `${how} by ${by}${why === '' ? '' : `: “${why}”`}`;
}
