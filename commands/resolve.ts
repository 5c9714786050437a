import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { isOver } from '../src/domain/incident-status.ts';
import { count } from '../src/domain/wording.ts';

export const resolve: Command = {
  name: 'resolve',
  topic: 'incident',
  summary: 'Close an incident by your word; what is still wrong is said, and nothing changes on a node',
  usage: 'resolve [incident] [reason]',
  examples: ['resolve i-0412aa07 vast-3 is given back to its provider'],
  right: 'operate',
  async handle(words, context) {
    const found = await findIncident(words, context, 'resolve');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    const { ledger, who } = context;
    const said = (line: string) => ({ kind: 'said', lines: [line], json: { incident: incident.id }, exit: 0 }) as const;
    if (isOver(incident.status))
      return said(`${incident.id} is over already (${incident.status}). Nothing was changed.`);
    if (incident.status === 'repairing') {
      const text = `A repair of ${incident.id} runs just now. Wait for its receipt; nothing was changed.`;
      return { kind: 'refused', refusal: { code: 'on_hold', text } };
    }
    await ledger.append(incident.id, {
      kind: 'closed',
      by: who,
      reason: rest.join(' ').slice(0, 500),
      findings: incident.findings.map(({ id }) => id),
    });
    for (const { state, request } of incident.prompts)
      if (state === 'waiting')
        await ledger.append(incident.id, { kind: 'withdrawn', request, by: who, reason: 'the incident was closed' });
    const left = incident.findings.length;
    return said(
      left === 0
        ? `${incident.id} is closed; nothing was known to be wrong.`
        : `${incident.id} is closed with ${count(left, 'finding')} left: nothing was changed on a node. A new finding opens it again.`,
    );
  },
};
