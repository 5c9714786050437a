import type { Duplex, Readable } from 'node:stream';
import {
  type AgentAuthMethod,
  type Algorithms,
  type AuthMethod,
  Client,
  type ClientChannel,
  type ParsedKey,
  type PublicKeyAuthMethod,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import { Fault } from '../domain/fault.ts';
import type { Address } from '../domain/node.ts';
import type { Channel, OpenChannel } from './channel.ts';
import { entriesFor, fingerprintOf, judge, type KnownHost } from './known-hosts.ts';

/** One authenticated connection to a server whose host key is known. */
export type SshConnection = {
  open: OpenChannel;
  /** A stream through this server to another address; rejects with a `Fault`. */
  forward(address: Address): Promise<Duplex>;
  readonly closed: Promise<void>;
  /** Says goodbye; the connection is dropped when the server does not answer. */
  end(): Promise<void>;
  destroy(): void;
};

/** What a connection needs besides its socket. */
export type ConnectOptions = {
  readonly address: Address;
  readonly user: string;
  readonly keys: readonly ParsedKey[];
  /** Socket of an SSH agent to ask after the keys. */
  readonly agent?: string;
  readonly knownHosts: readonly KnownHost[];
  readonly sock: Duplex;
  /** Given when the time for the handshake is over. */
  readonly giveUp: AbortSignal;
  readonly keepaliveMs: number;
  /** How long the server may take to open a channel. */
  readonly channelTimeoutMs: number;
};

/** Does the handshake and the login on an open socket; rejects with a `Fault`. */
export async function connectSsh(options: ConnectOptions): Promise<SshConnection> {
  const client = new Client();
  const sock = options.sock;
  let refusal: Fault | undefined;
  let shaken = false;
  let settleClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    settleClosed = resolve;
  });
  client.once('close', settleClosed);
  const drop = (): void => {
    client.destroy();
    sock.destroy();
    // A stream through a jump host that does not answer never closes.
    settleClosed();
  };
  await new Promise<void>((resolve, reject) => {
    const fail = (fault: Fault): void => {
      options.giveUp.removeEventListener('abort', onTime);
      reject(fault);
      drop();
    };
    const onTime = (): void => fail(new Fault('timeout', 'the server did not finish the handshake'));
    options.giveUp.addEventListener('abort', onTime, { once: true });
    // Never removed: errors after the login arrive here too, and the close that follows tells those concerned.
    client.on('error', (error) => fail(refusal ?? handshakeFault(error, shaken)));
    client.once('close', () => fail(refusal ?? handshakeFault(undefined, shaken)));
    client.once('handshake', () => {
      shaken = true;
    });
    client.once('ready', () => {
      options.giveUp.removeEventListener('abort', onTime);
      resolve();
    });
    if (options.giveUp.aborted) return onTime();
    client.connect({
      // The types ask for a Readable where any duplex stream is meant.
      sock: sock as Readable,
      username: options.user,
      authHandler: authMethods(options),
      hostVerifier: (key: Buffer) => {
        refusal = hostKeyFault(options, key);
        return refusal === undefined;
      },
      algorithms: algorithmsFor(entriesFor(options.knownHosts, options.address.host, options.address.port)),
      readyTimeout: 0,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: 3,
    });
  });
  return {
    open: (command) => openChannel(client, { command, timeoutMs: options.channelTimeoutMs, drop }),
    forward: (address) => forward(client, address, options.channelTimeoutMs),
    closed,
    async end() {
      client.end();
      const timer = setTimeout(drop, 1_000);
      await closed;
      clearTimeout(timer);
    },
    destroy: drop,
  };
}

function authMethods(options: ConnectOptions): AuthMethod[] {
  const { user: username, agent } = options;
  const keys: AuthMethod[] = options.keys.map((key): PublicKeyAuthMethod => ({ type: 'publickey', username, key }));
  const asked: AgentAuthMethod[] = agent === undefined ? [] : [{ type: 'agent', username, agent }];
  return [...keys, ...asked];
}

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Cheap algorithms first; of the host keys those that known_hosts has, or the server might show another one that it has as well. */
function algorithmsFor(entries: readonly KnownHost[]): Algorithms {
  const types = new Set(entries.filter((entry) => !entry.revoked).map((entry) => entry.keyType));
  const recorded = (name: ServerHostKeyAlgorithm): boolean => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group-exchange-sha256',
    ],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes256-ctr',
    ],
    serverHostKey: [...hostKeyAlgorithms.filter(recorded), ...hostKeyAlgorithms.filter((name) => !recorded(name))],
    compress: ['none'],
  };
}

function hostKeyFault(options: ConnectOptions, key: Buffer): Fault | undefined {
  const { host, port } = options.address;
  const shown = fingerprintOf(key);
  switch (judge(options.knownHosts, host, port, key)) {
    case 'known':
      return undefined;
    case 'unknown':
      return new Fault('host_key_unknown', `the node's host key ${shown} is not in known_hosts`);
    case 'revoked':
      return new Fault('host_key_changed', `the node's host key ${shown} is revoked in known_hosts`);
    case 'changed': {
      const entries = entriesFor(options.knownHosts, host, port).filter((entry) => !entry.revoked);
      const recorded = entries.map((entry) => fingerprintOf(entry.key)).join(', ');
      return new Fault('host_key_changed', `the node shows the host key ${shown}, known_hosts has ${recorded}`);
    }
  }
}

function handshakeFault(error: (Error & { level?: string }) | undefined, shaken: boolean): Fault {
  if (error?.level === 'client-authentication' || (shaken && /authentication/i.test(error?.message ?? ''))) {
    return new Fault('auth', "the node did not accept the worker's key");
  }
  if (error?.level === 'handshake')
    return new Fault('refused', 'the server and the worker have no algorithm in common');
  return new Fault('lost', 'the server ended the connection during the handshake');
}

async function openChannel(
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

async function forward(client: Client, address: Address, timeoutMs: number): Promise<Duplex> {
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
