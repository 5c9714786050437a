import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { TRANSPORT_CHECK } from '../src/domain/daemon.ts';

export const diagnose: Command = {
  name: 'diagnose',
  summary: 'Why deliveries fail: the daemon’s ledger and log, and each failing node tested, cause by cause',
  usage: 'diagnose [model...|incident] [on <node set>] [--since 3h] [--fresh]',
  examples: ['diagnose hex8_2p', 'diagnose i-0412aa07', 'diagnose hex8_2p on vast-* --since 3h'],
  right: 'look',
  async handle(words, context) {
    const wish = { command: 'diagnose', view: 'diagnosis', also: [TRANSPORT_CHECK] } as const;
    if (words[0]?.startsWith('i-') !== true) return beginLook(words, context, wish);
    const found = await findIncident(words, context, 'diagnose');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    return beginLook(found.rest, { ...context, incident: found.incident.id }, wish);
  },
};
