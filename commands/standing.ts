import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { standingReport } from '../src/contract/standing-report.ts';
import { askedScope } from '../src/domain/asked-scope.ts';
import {
  Envelope,
  EnvelopeId,
  type EnvelopeState,
  envelopeWords,
  phaseOf,
  STANDING_MAX_MS,
  STANDING_REPAIRS,
  yesOf,
} from '../src/domain/envelope.ts';
import type { RefusalCode } from '../src/domain/fault.ts';
import { observeRefusal } from '../src/domain/policy.ts';

const EXAMPLE = 'standing propose aliases hex8_2p on vast-* for 14d --nodes 3 --hour 10';
const DAY_MS = 24 * 3_600_000;

export const standing: Command = {
  name: 'standing',
  topic: 'decide',
  summary: 'Repairs approved in advance, within bounds: propose, approve, let go live, stop',
  usage:
    'standing [id] | propose <aliases|weights|all> [model...] on <node set> for <14d> [--nodes 3] [--hour 10] [reason] | approve <id> | live <id> | stop <id> [reason]',
  examples: [
    'standing',
    EXAMPLE,
    'standing approve e-0412aa07',
    'standing live e-0412aa07',
    'standing stop e-0412aa07',
  ],
  right: 'operate',
  async handle([word, ...rest], context) {
    switch (word) {
      case undefined:
        return list(context);
      case 'propose':
        return propose(rest, context);
      case 'approve':
      case 'live':
        return approve(rest, word === 'live', context);
      case 'stop':
        return stop(rest, context);
      default:
        return show([word, ...rest], context);
    }
  },
};

async function list({ orders, now }: CommandContext): Promise<Reply> {
  const states = [...(await orders.standing()).envelopes.values()];
  const nowMs = now().getTime();
  const open = states.filter((state) => !['stopped', 'ended'].includes(phaseOf(state, nowMs)));
  const ended = states.length - open.length;
  const lines = open.map(
    (state) => `  ${state.envelope.id}  ${phaseOf(state, nowMs)}: ${envelopeWords(state.envelope)}`,
  );
  const news =
    open.length === 0 ? 'No standing approval holds: every plan waits for people.' : `${open.length} standing`;
  return said([ended === 0 ? news : `${news} (${ended} ended)`, ...lines], {
    standing: states.map(({ envelope }) => envelope),
  });
}

async function show([id, ...more]: readonly string[], context: CommandContext): Promise<Reply> {
  const state = more.length === 0 ? await named(id, context) : undefined;
  if (state === undefined) return usage(`${EXAMPLE}; or the id of one: standing e-0412aa07`);
  if ('reply' in state) return state.reply;
  const { now, policy, ledger } = context;
  const phase = phaseOf(state, now().getTime());
  const yes = phase === 'proposed' ? yesOf(state, 'shadow', policy) : yesOf(state, 'live', policy);
  const next = {
    proposed: `${yes.length} of 2 approvals: "standing approve ${state.envelope.id}"`,
    shadow: `it only counts what it would do; ${yes.length} of 2 for going live: "standing live ${state.envelope.id}"`,
    live: `live; "standing stop ${state.envelope.id}" ends it`,
    stopped: `stopped by ${state.stopped?.by ?? ''}: ${state.stopped?.reason ?? ''}`,
    ended: 'its time is over',
  }[phase];
  const lines = [
    `${state.envelope.id}: ${next}`,
    `  ${envelopeWords(state.envelope)}`,
    ...(await standingReport(state, ledger, 0)),
  ];
  return said(lines, { standing: [state.envelope], phase });
}

async function propose(words: readonly string[], context: CommandContext): Promise<Reply> {
  const { models, inventory, checks, orders, who, now, cluster, newIncidentId, policy } = context;
  const observing = observeRefusal(policy);
  if (observing !== undefined) return { kind: 'refused', refusal: observing };
  const [kind = '', ...rest] = words;
  const repairs = repairsOf(kind);
  const at = rest.indexOf('for');
  const forMs = durationOf(rest[at + 1] ?? '');
  if (repairs === undefined || at < 1 || forMs === undefined) return usage(EXAMPLE);
  const tail = rest.slice(at + 2);
  const nodesPerPlan = numberAfter('--nodes', tail, 3);
  const perHour = numberAfter('--hour', tail, 10);
  if (nodesPerPlan === undefined || perHour === undefined)
    return usage(`whole numbers after --nodes and --hour: ${EXAMPLE}`);
  const asked = askedScope(rest.slice(0, at), { models, nodes: inventory.nodes, checks, flags: [] });
  if (!asked.ok) return { kind: 'refused', refusal: asked.refusal };
  if (!asked.named.nodes) return usage(`say on which nodes: ${EXAMPLE}`);
  const envelope = Envelope.parse({
    id: newIncidentId().replace('i-', 'e-'),
    cluster,
    by: who,
    at: now().toISOString(),
    until: new Date(now().getTime() + forMs).toISOString(),
    repairs,
    models: [...asked.scope.models],
    nodes: [...asked.scope.nodes],
    nodesPerPlan,
    perHour,
    reason: reasonOf(tail),
  });
  await orders.append({ kind: 'envelope_proposed', envelope });
  return said(
    [
      `Proposed ${envelope.id}: ${envelopeWords(envelope)}.`,
      `Two approvers other than you have to say "standing approve ${envelope.id}"; then it counts what it would have done, and repairs nothing before two say "standing live ${envelope.id}".`,
    ],
    { standing: [envelope] },
  );
}

async function approve([id, ...more]: readonly string[], live: boolean, context: CommandContext): Promise<Reply> {
  const state = more.length === 0 ? await named(id, context) : undefined;
  if (state === undefined) return usage(`standing ${live ? 'live' : 'approve'} e-0412aa07`);
  if ('reply' in state) return state.reply;
  const decision = await context.desk.approveStanding(state.envelope.id, context.who, live);
  if (decision.kind === 'refused') return decision;
  if (decision.kind === 'counted')
    return {
      kind: 'said',
      lines: [`Counted: ${decision.have} of 2 approvals of ${state.envelope.id}. Nothing has changed yet.`],
      exit: 5,
    };
  return said([
    live
      ? `${state.envelope.id} is live: what it covers is repaired without asking. "standing stop ${state.envelope.id}" ends it at once.`
      : `${state.envelope.id} is in shadow: it counts what it would have repaired. "standing live ${state.envelope.id}" is the next step.`,
  ]);
}

async function stop([id, ...reason]: readonly string[], context: CommandContext): Promise<Reply> {
  const { orders, who, now } = context;
  // One word ends all of it: at night nobody looks for an id.
  const nowMs = now().getTime();
  const all = [...(await orders.standing()).envelopes.values()].filter(
    (state) => !['stopped', 'ended'].includes(phaseOf(state, nowMs)),
  );
  const isId = EnvelopeId.safeParse(id).success;
  const state = isId ? await named(id, context) : undefined;
  if (state !== undefined && 'reply' in state) return state.reply;
  const chosen = state === undefined ? all : all.filter(({ envelope }) => envelope.id === state.envelope.id);
  if (chosen.length === 0)
    return refused('plan_ended', state === undefined ? 'No standing approval holds.' : `${id} holds no more.`);
  const why = (isId ? reason : [id ?? '', ...reason]).join(' ').trim().slice(0, 300) || 'no reason given';
  for (const { envelope } of chosen)
    await orders.append({ kind: 'envelope_stopped', id: envelope.id, by: who, at: now().toISOString(), reason: why });
  const ids = chosen.map(({ envelope }) => envelope.id).join(', ');
  return said([`Stopped ${ids}: nothing more begins under it. What runs already goes on; "cancel" ends it.`]);
}

async function named(
  id: string | undefined,
  { orders }: CommandContext,
): Promise<EnvelopeState | { readonly reply: Reply } | undefined> {
  const parsed = EnvelopeId.safeParse(id);
  if (!parsed.success) return undefined;
  const state = (await orders.standing()).envelopes.get(parsed.data);
  return (
    state ?? {
      reply: refused('standing_unknown', `No standing approval is called ${parsed.data}. "standing" lists them.`),
    }
  );
}

function repairsOf(word: string): string[] | undefined {
  const { aliases, weights } = STANDING_REPAIRS;
  if (word === 'all') return [...aliases, ...weights];
  if (word === 'aliases') return [...aliases];
  return word === 'weights' ? [...weights] : undefined;
}

/** `14d` or `12h`, at most 30 days, in milliseconds. */
function durationOf(word: string): number | undefined {
  const [, number, unit] = /^(\d{1,3})([hd])$/.exec(word) ?? [];
  const ms = Number(number) * (unit === 'h' ? DAY_MS / 24 : DAY_MS);
  return ms > 0 && ms <= STANDING_MAX_MS ? ms : undefined;
}

function numberAfter(flag: string, words: readonly string[], fallback: number): number | undefined {
  const at = words.indexOf(flag);
  if (at < 0) return fallback;
  const word = words[at + 1] ?? '';
  return /^[1-9]\d{0,2}$/.test(word) ? Number(word) : undefined;
}

function reasonOf(words: readonly string[]): string {
  return words
    .filter((word, index) => !word.startsWith('--') && !(words[index - 1] ?? '').startsWith('--'))
    .join(' ')
    .slice(0, 300);
}

function said(lines: readonly string[], json: Readonly<Record<string, unknown>> = {}): Reply {
  return { kind: 'said', lines, json, exit: 0 };
}

function usage(what: string): Reply {
  return refused('usage', `standing takes, as in ${what}; at most 30d.`);
}

function refused(code: RefusalCode, text: string): Reply {
  return { kind: 'refused', refusal: { code, text: `${text} Nothing was changed.` } };
}
