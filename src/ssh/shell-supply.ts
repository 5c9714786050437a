import { Fault } from '../domain/fault.ts';
import type { Channel, OpenChannel } from './channel.ts';
import type { Gate } from './gate.ts';
import { createResidentShell, type ResidentShell } from './resident-shell.ts';
import { residentCommand, streamCommand } from './shell-program.ts';

/** The shells of one connection, and channels for streams beside them. */
export type ShellSupply = {
  /** An idle shell or a new one; `full`: the server gives no more channels, wait for a shell. Rejects with a `Fault`. */
  take(): Promise<ResidentShell | 'full'>;
  giveBack(shell: ResidentShell): void;
  openStream(): Promise<Channel>;
  /** Ends every shell with what it runs. */
  close(): Promise<void>;
};

/** Opens shells as they are needed; narrows `places` to what the server turns out to allow. */
export function createShellSupply(options: { open: OpenChannel; graceMs: number; places: Gate }): ShellSupply {
  const { open, graceMs, places } = options;
  const idle: ResidentShell[] = [];
  const all = new Set<ResidentShell>();
  let opening = 0;

  const openShell = async (): Promise<ResidentShell> => {
    opening += 1;
    const channel = await open(residentCommand).finally(() => {
      opening -= 1;
    });
    const shell = createResidentShell({ channel, graceMs });
    all.add(shell);
    void channel.closed.then(() => all.delete(shell));
    return shell;
  };

  return {
    async take() {
      for (let shell = idle.pop(); shell !== undefined; shell = idle.pop()) if (shell.usable()) return shell;
      try {
        return await openShell();
      } catch (error) {
        if (!isRefused(error) || all.size + opening === 0) throw error;
        places.shrink(all.size + opening);
        return 'full';
      }
    },
    giveBack(shell) {
      if (shell.usable()) idle.push(shell);
    },
    async openStream() {
      for (;;) {
        try {
          return await open(streamCommand);
        } catch (error) {
          // An idle shell may hold the channel that a server with a lower limit would give.
          const spare = idle.pop();
          if (!isRefused(error) || spare === undefined) throw error;
          await spare.end();
        }
      }
    },
    async close() {
      await Promise.all([...all].map((shell) => shell.end()));
    },
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof Fault && error.reason === 'channel_refused';
}
