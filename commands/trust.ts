import { beginWish } from '../src/contract/begin-wish.ts';
import type { Command } from '../src/contract/command.ts';
import { usualChecks } from '../src/domain/asked-scope.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { resolveNodeSet } from '../src/domain/node-set.ts';
import { Params } from '../src/domain/plan.ts';
import { observeRefusal } from '../src/domain/policy.ts';
import { TRUST, TrustParams } from '../src/domain/trust.ts';

export const trust: Command = {
  name: 'trust',
  topic: 'repair',
  summary: 'Plan to take the host key that a rebuilt node shows; another person compares and approves',
  usage: 'trust <node> [<last four characters of the fingerprint, for an ephemeral node>]',
  examples: ['trust nebius-h100-1', 'trust vast-3 c09e'],
  right: 'operate',
  async handle([name = '', typed, ...more], context) {
    const { inventory, models, checks, policy } = context;
    if (name === '' || more.length > 0)
      return refused(
        'usage',
        'trust takes one node, and for an ephemeral one four characters, as in trust vast-3 c09e.',
      );
    const set = resolveNodeSet(name, inventory.nodes);
    if (!set.ok) return { kind: 'refused', refusal: set.refusal };
    const [node, ...others] = set.nodes;
    if (node === undefined || others.length > 0)
      return refused('usage', 'trust takes one node: each fingerprint has to be compared by itself.');
    const params = TrustParams.safeParse(typed === undefined ? {} : { typed });
    if (!params.success)
      return refused(
        'usage',
        `${quoteWord(typed ?? '')} is not the end of a fingerprint: its last four characters, as in trust vast-3 c09e.`,
      );
    const observing = observeRefusal(policy);
    if (observing !== undefined) return { kind: 'refused', refusal: observing };
    const scope = {
      models: models.map((model) => model.name),
      nodes: [node.name],
      // A node that only leads to others holds no models.
      checks: node.modelsDir === null ? ['reachable'] : usualChecks(checks),
    };
    const text = ['trust', node.name, ...(typed === undefined ? [] : [typed])].join(' ');
    return beginWish(text, scope, { repair: TRUST, params: Params.parse(params.data) }, context);
  },
};

function refused(code: Refusal['code'], text: string) {
  return { kind: 'refused', refusal: { code, text: `${text} Nothing was planned.` } } as const;
}
