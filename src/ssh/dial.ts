import { connect, type Socket } from 'node:net';
import { Fault, type UnknownReason } from '../domain/fault.ts';
import type { Address } from '../domain/node.ts';

/** Opens a TCP connection; rejects with a `Fault`: dns, refused, timeout (when the signal is given) or lost. */
export async function dial(address: Address, giveUp: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const onTime = (): void => fail(new Fault('timeout', 'no answer to the connection'));
    const fail = (fault: Fault): void => {
      giveUp.removeEventListener('abort', onTime);
      socket.destroy();
      reject(fault);
    };
    giveUp.addEventListener('abort', onTime, { once: true });
    // Stays for the life of the socket: an error without a listener would end the process.
    socket.on('error', (error) => fail(dialFault(error)));
    socket.once('connect', () => {
      giveUp.removeEventListener('abort', onTime);
      resolve(socket);
    });
  });
}

const faults: Readonly<Record<string, readonly [UnknownReason, string]>> = {
  ENOTFOUND: ['dns', 'the host name has no address'],
  EAI_AGAIN: ['dns', 'the host name could not be looked up'],
  EAI_FAIL: ['dns', 'the host name could not be looked up'],
  ENODATA: ['dns', 'the host name has no address'],
  ECONNREFUSED: ['refused', 'the connection was refused'],
  EHOSTUNREACH: ['refused', 'there is no route to the host'],
  ENETUNREACH: ['refused', 'there is no route to the host'],
  EHOSTDOWN: ['refused', 'there is no route to the host'],
  EADDRNOTAVAIL: ['refused', 'there is no route to the host'],
  ETIMEDOUT: ['timeout', 'no answer to the connection'],
};

function dialFault(error: NodeJS.ErrnoException): Fault {
  const [reason, detail] = faults[error.code ?? ''] ?? ['lost', 'the connection broke off while it was opened'];
  return new Fault(reason, detail);
}
