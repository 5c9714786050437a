import { createConnection } from 'node:net';

const ASK_TIMEOUT_MS = 5_000;

/** One inline command to the Redis server on a unix socket: its simple answer or error text, `undefined` when nobody answers or it hangs up. */
export function askRedis(socketPath: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: socketPath });
    let answer = '';
    const settle = (value: string | undefined): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(ASK_TIMEOUT_MS, () => settle(undefined));
    socket.setEncoding('utf8');
    socket.on('error', () => settle(undefined));
    socket.on('close', () => settle(undefined));
    socket.on('connect', () => socket.write(`${command}\r\n`));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.includes('\r\n')) settle(answer.slice(1, answer.indexOf('\r\n')));
    });
  });
}
