import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of this address that nobody listens on now. Somebody may be quicker: who needs it for sure tries again. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
