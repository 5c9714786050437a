import { beginLook } from '../src/contract/begin-look.ts';
import type { Command } from '../src/contract/command.ts';
import { DAEMON_CHECK } from '../src/domain/daemon.ts';

export const health: Command = {
  name: 'health',
  topic: 'look',
  summary: 'The distribution daemon through every source that tells of it: HTTP, ledger, log and Python call',
  usage: 'health',
  examples: ['health'],
  right: 'look',
  handle: (words, context) =>
    beginLook(words, context, { command: 'health', view: 'sources', checks: [DAEMON_CHECK], only: 'coordinator' }),
};
