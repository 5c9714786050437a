import { helpFor, placeOf } from '../src/contract/begin-look.ts';
import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import type { Scope } from '../src/domain/entry.ts';
import { incidentOf } from '../src/domain/incident.ts';
import { IncidentId } from '../src/domain/names.ts';
import { quoteWord } from '../src/domain/nearest.ts';
import { observeRefusal } from '../src/domain/policy.ts';

export const fix: Command = {
  name: 'fix',
  topic: 'repair',
  summary: 'Plan the repair of what is wrong; nothing runs before the plan is approved',
  usage: 'fix [model...|incident|finding] [on <node set>] [--anyway] [--dry]',
  examples: [
    'fix',
    'fix hex8_2p on vast-1',
    'fix i-0412aa07',
    'fix f-3c19bb02',
    'fix i-0412aa07 --anyway',
    'fix --dry',
  ],
  right: 'operate',
  async handle(typed, context) {
    const [anyway, dry] = [typed.includes('--anyway'), typed.includes('--dry')];
    const words = typed.filter((word) => word !== '--anyway' && word !== '--dry');
    const [first] = words;
    const observing = dry ? undefined : observeRefusal(context.policy);
    if (observing !== undefined) return { kind: 'refused', refusal: observing };
    const named = words.length === 1 && IncidentId.safeParse(first).success ? first : undefined;
    if (words.length === 1 && first?.startsWith('f-')) return ofFinding(first, { ...context, anyway, dry });
    const incident = named ?? (words.length === 0 ? context.incident : undefined);
    const wish = { ...context, anyway, dry };
    return incident === undefined ? ofScope(words, wish) : ofIncident(incident, wish);
  },
};

/** `anyway`: also what did not last before; `dry`: the plans are named, and nobody is asked to approve them. */
type FixContext = CommandContext & { readonly anyway: boolean; readonly dry: boolean };

/** Plans for an incident that is open already, in its own thread. */
async function ofIncident(incident: string, context: FixContext): Promise<Reply> {
  const opened = (await context.ledger.entries(incident))[0]?.event;
  if (opened?.kind !== 'opened')
    return {
      kind: 'refused',
      refusal: { code: 'incident_unknown', text: `${incident} is no incident that is known here.` },
    };
  return begin(incident, opened.scope, context);
}

/** Incidents that are searched for a finding, newest first. */
const SEARCHED = 100;

/** Plans for the one node and model of a finding, in the newest incident that still has it. */
async function ofFinding(id: string, context: FixContext): Promise<Reply> {
  for (const incidentId of await context.ledger.recent(SEARCHED)) {
    const incident = incidentOf(await context.ledger.entries(incidentId));
    const found = incident?.findings.find((finding) => finding.id === id);
    if (incident === undefined || found === undefined) continue;
    const models = found.model === undefined ? incident.scope.models : [found.model];
    return begin(incidentId, { ...incident.scope, models, nodes: [found.node] }, context);
  }
  const text = `${quoteWord(id)} is no finding of the last ${SEARCHED} incidents. check --json lists them. Nothing was run.`;
  return { kind: 'refused', refusal: { code: 'incident_unknown', text } };
}

async function ofScope(words: readonly string[], context: FixContext): Promise<Reply> {
  const { inventory, models, checks } = context;
  const asked = askedScope(words, { models, nodes: inventory.nodes, checks, flags: [] });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (asked.flags.has('help')) return helpFor('fix', context);
  const incident = context.newIncidentId();
  const text = ['fix', ...words].join(' ').slice(0, 2_000);
  await context.ledger.append(incident, {
    kind: 'opened',
    by: context.who,
    text,
    scope: asked.scope,
    ...placeOf(context),
  });
  return begin(incident, asked.scope, context);
}

async function begin(
  incident: string,
  scope: Scope,
  { who, ledger, dispatch, inventory, anyway, dry }: FixContext,
): Promise<Reply> {
  const text = ['fix', ...(anyway ? ['--anyway'] : []), ...(dry ? ['--dry'] : [])].join(' ');
  const asking = await ledger.append(incident, { kind: 'asked', by: who, text });
  const how = { ...(anyway ? { anyway } : {}), ...(dry ? { dry } : {}) };
  await dispatch.plan({ incident, scope, by: who, inventory: inventory.digest, ...how });
  return { kind: 'begun', incident, until: 'planned', since: asking?.id ?? '' };
}
