import type { Duplex, Readable } from 'node:stream';
import { type AgentAuthMethod, type AuthMethod, Client, type ParsedKey, type PublicKeyAuthMethod } from 'ssh2';
import { Fault } from '../domain/fault.ts';
import { fingerprintOf } from '../domain/host-key.ts';
import type { Address } from '../domain/node.ts';
import type { OpenChannel } from './channel.ts';
import { entriesFor, judge, type KnownHost } from './known-hosts.ts';
import { algorithmsFor } from './ssh-algorithms.ts';
import { forward, openChannel } from './ssh-channel.ts';

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
  readonly agent: string | undefined;
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
  let settleClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    settleClosed = resolve;
  });
  client.once('close', settleClosed);
  const drop = (): void => {
    client.destroy();
    options.sock.destroy();
    // A stream through a jump host that does not answer never closes.
    settleClosed();
  };
  await login(client, options, drop);
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

async function login(client: Client, options: ConnectOptions, drop: () => void): Promise<void> {
  let refusal: Fault | undefined;
  let shaken = false;
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
      sock: options.sock as Readable,
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
}

function authMethods(options: ConnectOptions): AuthMethod[] {
  const { user: username, agent } = options;
  const keys: AuthMethod[] = options.keys.map((key): PublicKeyAuthMethod => ({ type: 'publickey', username, key }));
  const asked: AgentAuthMethod[] = agent === undefined ? [] : [{ type: 'agent', username, agent }];
  return [...keys, ...asked];
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

/** Why a handshake or a login ended, as a fault. */
export function handshakeFault(error: (Error & { level?: string }) | undefined, shaken: boolean): Fault {
  if (error?.level === 'client-authentication' || (shaken && /authentication/i.test(error?.message ?? ''))) {
    return new Fault('auth', "the node did not accept the worker's key");
  }
  if (error?.level === 'handshake')
    return new Fault('refused', 'the server and the worker have no algorithm in common');
  return new Fault('lost', 'the server ended the connection during the handshake');
}
