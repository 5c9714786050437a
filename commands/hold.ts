import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { isOver } from '../src/domain/incident-status.ts';

const HOUR_MS = 3_600_000;

export const hold: Command = {
  name: 'hold',
  topic: 'incident',
  summary: 'Say that you repair an incident by hand: its plans rest for an hour, or until "off"',
  usage: 'hold [incident] [off]',
  examples: ['hold i-0412aa07', 'hold i-0412aa07 off'],
  right: 'operate',
  async handle(words, context) {
    const found = await findIncident(words, context, 'hold');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    const { incident, rest } = found;
    const { ledger, who, now } = context;
    const off = rest.length === 1 && rest[0] === 'off';
    if (rest.length > 0 && !off)
      return { kind: 'refused', refusal: { code: 'usage', text: 'hold takes one incident, and off to end it.' } };
    const said = (line: string) => ({ kind: 'said', lines: [line], json: { incident: incident.id }, exit: 0 }) as const;
    if (off) {
      if (incident.hold === undefined) return said(`Nobody holds ${incident.id}. Nothing was changed.`);
      await ledger.append(incident.id, { kind: 'released', by: who });
      return said(`The plans of ${incident.id} may run again.`);
    }
    if (isOver(incident.status))
      return said(`${incident.id} is over already (${incident.status}). Nothing was changed.`);
    const until = new Date(now().getTime() + HOUR_MS).toISOString();
    await ledger.append(incident.id, { kind: 'held', by: who, until });
    const running = incident.status === 'repairing' ? ' What runs already goes on.' : '';
    return said(
      `No plan of ${incident.id} begins before ${until.slice(11, 16)} UTC.${running} "hold ${incident.id} off" ends it. Look again when you are done: what is otherwise then is told in the thread as changed outside medic.`,
    );
  },
};
