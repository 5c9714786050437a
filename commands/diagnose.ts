import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';
import { findIncident } from '../src/contract/find-incident.ts';
import { TRANSPORT_CHECK } from '../src/domain/daemon.ts';
import { TRANSPORT_PROBE } from '../src/domain/probe.ts';

const PROBE = {
  flag: 'probe',
  what: 'type diagnose --probe, which is a probe: it writes one megabyte on each node and takes it away again',
} as const;

export const diagnose: Command = {
  name: 'diagnose',
  topic: 'look',
  summary: 'Why deliveries fail: ledger, log and each failing node, cause by cause; --probe also tries',
  usage: 'diagnose [model...|incident] [on <node set>] [--since 3h] [--probe] [--fresh]',
  examples: ['diagnose hex8_2p', 'diagnose i-0412aa07', 'diagnose on vast-* --since 3h', 'diagnose on vast-1 --probe'],
  right: 'look',
  async handle(words, context) {
    const probing = words.includes('--probe');
    const also = [TRANSPORT_CHECK, ...(probing ? [TRANSPORT_PROBE] : [])];
    const wish = { command: 'diagnose', view: 'diagnosis', also, probe: PROBE } as const;
    if (words[0]?.startsWith('i-') !== true) return beginLook(words, context, wish);
    const found = await findIncident(words, context, 'diagnose');
    if (!found.ok) return { kind: 'refused', refusal: found.refusal };
    return beginLook(found.rest, { ...context, incident: found.incident.id }, wish);
  },
};
