import { usualChecks } from '../domain/asked-scope.ts';
import type { Refusal } from '../domain/fault.ts';
import { quoteWord } from '../domain/nearest.ts';
import { defaultNodes } from '../domain/node-set.ts';
import { PinParams } from '../domain/pin.ts';
import { Params } from '../domain/plan.ts';
import { observeRefusal } from '../domain/policy.ts';
import { modelNamed } from '../domain/words.ts';
import { beginWish } from './begin-wish.ts';
import type { CommandContext, Reply } from './command.ts';

/** Asks for a plan that makes other bytes of a model the expected ones, on the coordinator alone or everywhere. */
export async function wishPin(
  asked: {
    readonly command: string;
    readonly model: string;
    readonly to: string;
    readonly reason: readonly string[];
    readonly everywhere: boolean;
    readonly example: string;
  },
  context: CommandContext,
): Promise<Reply> {
  const { command, model: word, reason, everywhere, example } = asked;
  const { models, inventory, checks, policy, who } = context;
  if (word === '')
    return refused({ code: 'usage', text: `${command} needs a model, as in ${example}. Nothing was run.` });
  const known = modelNamed(word, models);
  if (!known.ok) return refused(known.refusal);
  const because = reason.join(' ').trim();
  const params = PinParams.safeParse({
    to: asked.to.toLowerCase(),
    by: who,
    everywhere,
    ...(because === '' ? {} : { reason: because.slice(0, 500) }),
  });
  if (!params.success) {
    const what = asked.to === '' ? 'No digest was given' : `${quoteWord(asked.to)} is no digest`;
    const text = `${what}: at least eight of its hex digits, as in ${example}. Nothing was run.`;
    return refused({ code: 'usage', text });
  }
  const observing = observeRefusal(policy);
  if (observing !== undefined) return refused(observing);
  const { name } = known.model;
  const nodes = everywhere ? defaultNodes(inventory.nodes) : inventory.nodes.filter(({ coordinator }) => coordinator);
  const scope = {
    models: [name],
    nodes: nodes.filter(({ modelsDir }) => modelsDir !== null).map((node) => node.name),
    checks: usualChecks(checks),
  };
  const text = [command, name, ...(everywhere ? ['to', asked.to] : [asked.to]), ...(because === '' ? [] : [because])];
  return beginWish(text.join(' '), scope, { repair: 'pin', params: Params.parse(params.data) }, context);
}

function refused(refusal: Refusal): Reply {
  return { kind: 'refused', refusal };
}
