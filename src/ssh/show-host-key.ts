import type { Duplex, Readable } from 'node:stream';
import { Client } from 'ssh2';
import { Fault } from '../domain/fault.ts';
import type { KnownHost } from './known-hosts.ts';
import { algorithmsFor } from './ssh-algorithms.ts';
import { handshakeFault } from './ssh-connection.ts';

/** The host key (SSH wire format) that a server shows; the handshake is ended there, so nobody logs in. Rejects with a `Fault`. */
export async function shownHostKey(options: {
  readonly sock: Duplex;
  readonly user: string;
  /** Keys of these types are asked for first. */
  readonly known: readonly KnownHost[];
  readonly giveUp: AbortSignal;
}): Promise<Buffer> {
  const { sock, user, known, giveUp } = options;
  const client = new Client();
  let shown: Buffer | undefined;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const ended = (error?: Error & { level?: string }): void => {
        if (shown === undefined) reject(handshakeFault(error, false));
        else resolve(shown);
      };
      client.on('error', ended);
      client.once('close', () => ended());
      const onTime = (): void => reject(new Fault('timeout', 'the server did not finish the handshake'));
      if (giveUp.aborted) return onTime();
      giveUp.addEventListener('abort', onTime, { once: true });
      client.connect({
        // The types ask for a Readable where any duplex stream is meant.
        sock: sock as Readable,
        username: user,
        hostVerifier: (key: Buffer) => {
          shown = key;
          return false;
        },
        algorithms: algorithmsFor(known),
        readyTimeout: 0,
      });
    });
  } finally {
    client.destroy();
    sock.destroy();
  }
}
