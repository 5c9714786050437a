import type { Sessions } from '../contract/sessions.ts';
import type { HostKeyAsker } from './host-keys.ts';
import { createLocalSessions } from './local-sessions.ts';
import { createSshSessions, type SshSessionsOptions } from './ssh-sessions.ts';

/** Sessions for every node of the inventory: the worker's own machine without SSH, all others over it. */
export function createSessions(options: SshSessionsOptions): Sessions & HostKeyAsker & { connections(): number } {
  const ssh = createSshSessions(options);
  const local = createLocalSessions(options.home === undefined ? {} : { home: options.home });
  return {
    run: (node, run) => (node.local ? local : ssh).run(node, run),
    warm: (node) => (node.local ? local : ssh).warm(node),
    shownKey: (node, address, known) => ssh.shownKey(node, address, known),
    drop: (name) => ssh.drop(name),
    connections: () => ssh.connections(),
    async close() {
      await Promise.all([ssh.close(), local.close()]);
    },
  };
}
