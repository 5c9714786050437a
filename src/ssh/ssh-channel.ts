import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { Fault } from '../domain/fault.ts';
import type { Address } from '../domain/node.ts';
import type { Channel } from './channel.ts';

/** Runs a command on an open connection; rejects with a `Fault`. `drop`: called when the server does not answer at all. */
export async function openChannel(
  client: Client,
  options: { command: string; timeoutMs: number; drop: () => void },
): Promise<Channel> {
  const channel = await answered<ClientChannel>(
    (callback) => client.exec(options.command, callback),
    options.timeoutMs,
  ).catch((error: unknown) => {
    // A server that does not even open a channel is no use to the next run either.
    if (error instanceof Fault && error.reason === 'timeout') options.drop();
    throw error instanceof Fault ? error : channelFault(error);
  });
  const ended = new Promise<number | null>((resolve) => {
    channel.once('close', (code: unknown) => resolve(typeof code === 'number' ? code : null));
  });
  const drained = new Promise<void>((resolve) => channel.stderr.once('close', () => resolve()));
  channel.on('error', () => undefined);
  channel.stderr.on('error', () => undefined);
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    closed: drained.then(() => ended),
    destroy: () => void channel.destroy(),
  };
}

/** Opens a stream through the server to another address; rejects with a `Fault`. */
export async function forward(client: Client, address: Address, timeoutMs: number): Promise<Duplex> {
  const stream = await answered<ClientChannel>(
    (callback) => client.forwardOut('127.0.0.1', 0, address.host, address.port, callback),
    timeoutMs,
  ).catch((error: unknown) => {
    if (error instanceof Fault) throw error;
    const fault = channelFault(error);
    throw reasonOf(error) === connectFailed ? new Fault('refused', 'the jump host could not reach the node') : fault;
  });
  stream.on('error', () => undefined);
  return stream;
}

/** Waits for ssh2's callback; ssh2 throws at once when the connection is closed already. */
function answered<Value>(ask: (callback: (error: Error | undefined, value: Value) => void) => void, timeoutMs: number) {
  return new Promise<Value>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Fault('timeout', 'the server did not open a channel')), timeoutMs);
    const settle = (error: Error | undefined, value: Value): void => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(value);
    };
    try {
      ask(settle);
    } catch {
      clearTimeout(timer);
      reject(new Fault('lost', 'the connection has ended'));
    }
  });
}

const connectFailed = 2;

function reasonOf(error: unknown): unknown {
  return error instanceof Error && 'reason' in error ? error.reason : undefined;
}

function channelFault(error: unknown): Fault {
  // RFC 4254, 5.1: the server gives a number when it refuses a channel; without one the connection broke.
  if (typeof reasonOf(error) === 'number') return new Fault('channel_refused', 'the server refused to open a channel');
  if (error instanceof Error && /unable to exec/i.test(error.message)) {
    return new Fault('channel_refused', 'the server refused to run a command');
  }
  return new Fault('lost', 'the connection ended before the script began');
}
