import { connect, createServer, type Socket } from 'node:net';

/** Stands before an address and lets every byte wait, each way; connections, order and throughput stay as they are. */
export async function startDelayingRelay(
  to: { readonly host: string; readonly port: number },
  eachWayMs: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => void setTimeout(() => into.write(chunk), eachWayMs));
      from.on('end', () => void setTimeout(() => into.end(), eachWayMs));
      from.on('error', () => into.destroy());
      from.on('close', () => {
        open.delete(from);
        setTimeout(() => into.destroy(), eachWayMs);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, to.host, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
