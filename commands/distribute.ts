import { helpFor } from '../src/contract/begin-look.ts';
import { beginWish } from '../src/contract/begin-wish.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import { type DaemonDistributeParams, DistributeParams } from '../src/domain/distribution.ts';
import type { Scope } from '../src/domain/entry.ts';
import type { Refusal } from '../src/domain/fault.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { ReceiptId } from '../src/domain/names.ts';
import { didYouMean, quoteWord } from '../src/domain/nearest.ts';
import { Params, TransportName } from '../src/domain/plan.ts';
import { observeRefusal } from '../src/domain/policy.ts';

const FLAGS = [
  { name: 'transport', takes: 'value' },
  { name: 'force', takes: 'nothing' },
  { name: 'failed', takes: 'value' },
] as const;

export const distribute: Command = {
  name: 'distribute',
  topic: 'repair',
  summary: 'Plan to bring promoted models to nodes; nothing runs before the plan is approved',
  usage:
    'distribute <model...> [to <node set>] [--transport rsync|stream|http|relay|daemon] [--force] | distribute --failed <receipt>',
  examples: [
    'distribute hex8_2p to @gpu',
    'distribute hex8_2p to vast-1 --transport stream',
    'distribute hex8_2p to vast-1 --force',
    'distribute hex8_2p to @gpu --transport relay',
    'distribute hex8_2p to @gpu --transport daemon',
    'distribute --failed r-0412aa07',
  ],
  right: 'operate',
  async handle(words, context) {
    const { inventory, models, checks, policy } = context;
    const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags: FLAGS });
    if (!asked.ok) return refused(asked.refusal);
    const { flags } = asked;
    if (flags.has('help')) return helpFor('distribute', context);
    const observing = observeRefusal(policy);
    if (observing !== undefined) return refused(observing);
    const transport = transportOf(flags.get('transport')?.[0]);
    if (transport !== undefined && 'code' in transport) return refused(transport);
    const force = flags.has('force');
    if (transport?.name === 'daemon' && force) {
      const text = 'The daemon decides itself what it sends: --force says nothing to it. Nothing was run.';
      return refused({ code: 'usage', text });
    }
    const way: Way = { force, ...(transport === undefined ? {} : { by: transport.name }) };
    const [failed] = flags.get('failed') ?? [];
    if (failed !== undefined) return again(failed, asked.named.models || asked.named.nodes, way, context);
    // "distribute" alone would mean everything to everybody.
    if (!asked.named.models)
      return refused({
        code: 'usage',
        text: 'distribute needs a model, as in distribute hex8_2p to @gpu. Nothing was run.',
      });
    const target = targetsOf(asked.scope, asked.named.nodes, context);
    return 'code' in target ? refused(target) : begin(['distribute', ...words].join(' '), target, way, context);
  },
};

/** Nodes that get models; without a node set all of them, and one that was named and gets none is refused. */
function targetsOf(scope: Scope, named: boolean, { inventory }: CommandContext): Scope | Refusal {
  const barred = inventory.nodes.filter(
    ({ name, noTargetBecause }) => scope.nodes.includes(name) && noTargetBecause !== null,
  );
  const [first] = barred;
  if (named && first !== undefined)
    return {
      code: 'node_inactive',
      text: `No models are sent to ${first.name}: ${first.noTargetBecause}. Nothing was run.`,
    };
  const nodes = scope.nodes.filter((node) => !barred.some(({ name }) => name === node));
  return nodes.length === 0
    ? { code: 'node_set_empty', text: 'No node of this set gets models. Nothing was run.' }
    : { ...scope, nodes };
}

/** How a person wants models sent; `by` absent: the usual transports in their order. */
type Way = { readonly force: boolean; readonly by?: TransportName | 'daemon' };

function transportOf(word: string | undefined): { readonly name: TransportName | 'daemon' } | Refusal | undefined {
  if (word === undefined) return undefined;
  const name = TransportName.safeParse(word);
  if (name.success) return { name: name.data };
  if (word === 'daemon') return { name: word };
  const known = [...TransportName.options, 'daemon'];
  const near = didYouMean(word, known) || ` It is one of ${known.join(', ')}.`;
  return { code: 'usage', text: `${quoteWord(word)} is no transport of this version.${near} Nothing was run.` };
}

/** The nodes on which a receipt did not end well, and the models that were meant for them. */
async function again(word: string, named: boolean, way: Way, context: CommandContext): Promise<Reply> {
  const id = ReceiptId.safeParse(word);
  if (!id.success || named)
    return refused({
      code: 'usage',
      text: '--failed takes the id of a receipt and nothing beside it, as in distribute --failed r-0412aa07.',
    });
  const incidentId = await context.ledger.ofReceipt(id.data);
  const incident = incidentId === undefined ? undefined : incidentOf(await context.ledger.entries(incidentId));
  const execution = incident?.executions.find(({ receipt }) => receipt === id.data);
  const plan = execution === undefined ? undefined : incident?.plans.get(execution.plan);
  if (incident === undefined || execution === undefined || plan === undefined)
    return refused({ code: 'receipt_unknown', text: `No receipt is called ${id.data}.` });
  if (execution.finished === undefined)
    return refused({ code: 'lease_held', text: `${id.data} is still running. Ask again when it has ended.` });
  const right = new Set(
    execution.finished.targets.flatMap(({ node, outcome }) =>
      outcome === 'verified' || outcome === 'already_right' ? [node] : [],
    ),
  );
  const failed = plan.targets.filter(({ node }) => !right.has(node));
  const known = failed.filter(({ node }) =>
    context.inventory.nodes.some(({ name, coordinator }) => name === node && !coordinator),
  );
  if (known.length === 0)
    return refused({
      code: 'node_set_empty',
      text: `${id.data} failed on no node that is still in the inventory. Nothing was run.`,
    });
  const scope = {
    models: [...new Set(known.flatMap(({ models }) => models))],
    nodes: known.map(({ node }) => node),
    checks: incident.scope.checks,
  };
  const text = `distribute --failed ${id.data}`;
  if (plan.repair === 'distribute-by-daemon') return begin(text, scope, { by: 'daemon', ...way }, context);
  const earlier = plan.repair === 'distribute' ? DistributeParams.parse(plan.params) : { force: false };
  const [by] = earlier.transports?.length === 1 ? earlier.transports : [];
  const merged = { ...(by === undefined ? {} : { by }), ...way, force: earlier.force || way.force };
  return begin(text, scope, merged, context);
}

function begin(text: string, scope: Scope, { force, by }: Way, context: CommandContext): Promise<Reply> {
  if (by === 'daemon') return beginByDaemon(text, scope, context);
  const params: DistributeParams = { force, ...(by === undefined ? {} : { transports: [by] }) };
  return beginWish(text, scope, { repair: 'distribute', params: Params.parse(params) }, context);
}

/** The daemon may send every canonical file to all its targets, so all of them are looked at before it is asked. */
function beginByDaemon(text: string, scope: Scope, context: CommandContext): Promise<Reply> {
  const { inventory, models } = context;
  const source = inventory.nodes.flatMap(({ name, coordinator }) => (coordinator ? [name] : []));
  const params: DaemonDistributeParams = { models: [...scope.models], nodes: [...scope.nodes] };
  const wide = {
    ...scope,
    models: models.map(({ name }) => name),
    nodes: [...new Set([...source, ...scope.nodes])],
  };
  return beginWish(text, wide, { repair: 'distribute-by-daemon', params: Params.parse(params) }, context);
}

function refused(refusal: Refusal): Reply {
  return { kind: 'refused', refusal };
}
