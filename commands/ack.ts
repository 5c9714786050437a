import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { isOver } from '../src/domain/incident-status.ts';

export const ack: Command = {
  name: 'ack',
  topic: 'incident',
  summary: 'Say that you have an incident, so that nobody else starts on it',
  usage: 'ack [incident]',
  examples: ['ack i-0412aa07'],
  right: 'operate',
  async handle(words, context) {
    const found = await findIncident(words, context, 'ack');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    if (rest.length > 0)
      return { kind: 'refused', refusal: { code: 'usage', text: 'ack takes one incident and nothing after it.' } };
    const said = (line: string) => ({ kind: 'said', lines: [line], json: { incident: incident.id }, exit: 0 }) as const;
    if (isOver(incident.status))
      return said(`${incident.id} is over already (${incident.status}). Nothing was changed.`);
    if (incident.acknowledgedBy === context.who) return said(`You have ${incident.id} already.`);
    await context.ledger.append(incident.id, { kind: 'acknowledged', by: context.who });
    const before = incident.acknowledgedBy === undefined ? '' : ` ${incident.acknowledgedBy} had it before.`;
    return said(`You have ${incident.id}.${before}`);
  },
};
