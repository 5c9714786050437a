import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { DistributeParams } from '../../src/domain/distribution.ts';
import { surveyOf } from '../checks/survey-of.ts';
import { describeTargets } from './describe.ts';
import { planFill } from './fill-node.ts';
import { putRight } from './put-right.ts';
import { refused, sendRefusal } from './refusals.ts';

/** What a transport needs on the node. */
const TOOLS = { rsync: 'rsync', http: 'curl', stream: undefined, relay: undefined } as const;

/** Brings the promoted models to the nodes that a person named and links them; a node that has them already is left alone. */
export const distribute: Repair = {
  name: 'distribute',
  summary: 'brings promoted models to the named nodes and links them; what is there already is not sent again',
  risk: (params) => (DistributeParams.parse(params).force ? 'replaces-weights' : 'restores-weights'),
  verify: ['model-present', 'model-digest', 'alias-links'],
  describe(targets, params) {
    const { transports, force } = DistributeParams.parse(params);
    const by = transports === undefined ? '' : ` by ${transports.join(', then ')} only`;
    return describeTargets(targets, `${by}${force ? ', also where they are already' : ''}`);
  },
  plan: planDistribution,
};

async function planDistribution(context: LookContext): Promise<TargetPlan> {
  const { transports, force } = DistributeParams.parse(context.params);
  // A model that cannot be sent stops the whole plan: half of what was named would look like all of it.
  for (const model of context.models) {
    const refusal = sendRefusal(context, model);
    if (refusal !== undefined) return refusal;
  }
  if (context.node.untrusted === true && transports?.includes('relay') === true)
    return refused(
      'node_untrusted',
      `Nothing is relayed to ${context.node.name}: the inventory or medic.yaml calls it untrusted. Name another transport for it.`,
    );
  const survey = await surveyOf(context);
  const tool = transports?.length === 1 ? TOOLS[transports[0] ?? 'stream'] : undefined;
  if (tool !== undefined && !survey.tools.has(tool))
    return refused('no_tool', `There is no ${tool} on the node, and no other transport was allowed.`);
  if (survey.folder === null) return planFill(context, transports);
  const sending = { always: force, ...(transports === undefined ? {} : { transports }) };
  return putRight(context, force ? 'files' : 'models', sending);
}
