import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { isOver } from '../src/domain/incident-status.ts';
import { isSilent, type Silence, SilenceId, silenceWords } from '../src/domain/silence.ts';
import { count } from '../src/domain/wording.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;

export const baseline: Command = {
  name: 'baseline',
  topic: 'incident',
  summary: 'Take what an incident found as known: nobody is told of it again for 30 days',
  usage: 'baseline [incident]',
  examples: ['baseline i-0412aa07', 'baseline'],
  right: 'approve',
  async handle(words, context) {
    if (words.length === 0 && context.incident === undefined) return list(context);
    const found = await findIncident(words, context, 'baseline');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    const { id, findings, scope, status } = incident;
    const usage = (text: string): Reply => ({
      kind: 'refused',
      refusal: { code: 'usage', text: `${text} Nothing was changed.` },
    });
    if (rest.length > 0) return usage('baseline takes one incident and nothing after it.');
    if (findings.length === 0 || isOver(status))
      return usage(`${id} ${isOver(status) ? 'is over' : 'has no findings'}: there is nothing to take as known.`);
    const { orders, ledger, who, now, newIncidentId } = context;
    const atMs = now().getTime();
    const models = new Set(findings.flatMap(({ model }) => model ?? scope.models));
    const made: Silence = {
      id: SilenceId.parse(newIncidentId().replace('i-', 's-')),
      by: who,
      at: new Date(atMs).toISOString(),
      until: new Date(atMs + DAYS * DAY_MS).toISOString(),
      models: findings.every(({ model }) => model !== undefined) ? [...models] : [],
      nodes: [...new Set(findings.map(({ node }) => node))],
      findings: findings.map((finding) => finding.id),
      reason: `the baseline, as ${id} found it`,
    };
    await orders.append({ kind: 'silenced', ...made });
    const reason = `taken as the baseline (${made.id})`;
    await ledger.append(id, { kind: 'closed', by: who, reason, findings: made.findings ?? [] });
    const lines = [
      `${count(findings.length, 'finding')} of ${id} ${findings.length === 1 ? 'is' : 'are'} known now, and nobody is told of ${findings.length === 1 ? 'it' : 'them'} for ${DAYS} days.`,
      `Nothing is called right by that: check and status show all of it. Anything else that is found is told. "unsilence ${made.id}" ends it.`,
    ];
    return { kind: 'said', lines, json: { silence: made }, exit: 0 };
  },
};

/** What is taken as known now. */
async function list({ orders, now }: CommandContext): Promise<Reply> {
  const known = (await orders.standing()).silences.filter(
    (one) => one.findings !== undefined && isSilent(one, now().getTime()),
  );
  const lines =
    known.length === 0 ? ['Nothing is taken as known: all that is found is told.'] : known.map(silenceWords);
  return { kind: 'said', lines, json: { silences: known }, exit: 0 };
}
