import { connect, type Socket } from 'node:net';
import { Fault } from '../domain/fault.ts';
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

function dialFault(error: NodeJS.ErrnoException): Fault {
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_FAIL':
      return new Fault('dns', 'the host name has no address');
    case 'ECONNREFUSED':
      return new Fault('refused', 'the connection was refused');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EHOSTDOWN':
      return new Fault('refused', 'there is no route to the host');
    case 'ETIMEDOUT':
      return new Fault('timeout', 'no answer to the connection');
    default:
      return new Fault('lost', 'the connection broke off while it was opened');
  }
}
