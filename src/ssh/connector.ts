import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Fault, type UnknownReason } from '../domain/fault.ts';
import type { Address, Node } from '../domain/node.ts';
import type { ClientKeys } from './client-keys.ts';
import { dial } from './dial.ts';
import { createGate, type Gate } from './gate.ts';
import type { KnownHost } from './known-hosts.ts';
import { connectSsh, type SshConnection } from './ssh-connection.ts';
import type { SshLimits } from './ssh-limits.ts';

/** Opens connections without asking too much of any server. */
export type Connector = {
  /** Connects to the first address that answers, through the jump host if one is given; rejects with a `Fault`. */
  connect(node: Node, jump: SshConnection | undefined): Promise<SshConnection>;
};

/** What a connector needs. */
export type ConnectorOptions = {
  readonly keys: ClientKeys;
  readonly knownHosts: () => readonly KnownHost[];
  readonly limits: SshLimits;
  /** Number in [0, 1) for jitter. */
  readonly random: () => number;
  /** Given when everything ends; connections that are being opened are given up. */
  readonly closing: AbortSignal;
  readonly logger?: Logger | undefined;
  /** Socket of an SSH agent, for nodes without a key file. */
  readonly agent?: string | undefined;
  /** Told how each handshake ended: `ok`, or the reason for which it did not come off. */
  readonly onConnect?: ((result: 'ok' | UnknownReason) => void) | undefined;
};

const retriesMax = 2;

// A host that answers and is not trusted, or does not trust us, is no reason to try elsewhere.
const elsewhere: ReadonlySet<UnknownReason> = new Set(['dns', 'refused', 'timeout']);

/** Handshakes wait for a place: few at once to one host, and not too many in all. */
export function createConnector(options: ConnectorOptions): Connector {
  const perHost = new Map<string, Gate>();
  const inAll = createGate(options.limits.handshakes);

  const connectTo = async (node: Node, address: Address, jump: SshConnection | undefined): Promise<SshConnection> => {
    const key = `${address.host} ${node.proxy ?? ''}`;
    const gate = perHost.get(key) ?? createGate(options.limits.handshakesPerHost);
    perHost.set(key, gate);
    const host = await gate.enter();
    const all = await inAll.enter();
    try {
      const connection = await withRetries(options, host.waited, () => handshake(options, { node, address, jump }));
      options.onConnect?.('ok');
      return connection;
    } catch (error) {
      if (error instanceof Fault) options.onConnect?.(error.reason);
      throw error;
    } finally {
      all.leave();
      host.leave();
      if (gate.idle()) perHost.delete(key);
    }
  };

  return {
    async connect(node, jump) {
      for (const [index, address] of node.addresses.entries()) {
        try {
          return await connectTo(node, address, jump);
        } catch (error) {
          const last = index === node.addresses.length - 1;
          if (!(error instanceof Fault) || !elsewhere.has(error.reason) || last) throw error;
          options.logger?.info({ node: node.name, reason: error.reason }, 'trying the second address');
        }
      }
      throw new Error(`the node ${node.name} has no address`);
    },
  };
}

/** Tries again what broke off in the handshake: sshd drops connections above MaxStartups without a word. */
async function withRetries(
  options: ConnectorOptions,
  waited: boolean,
  connect: () => Promise<SshConnection>,
): Promise<SshConnection> {
  if (waited) await sleep(options.random() * 10);
  for (let retry = 1; ; retry += 1) {
    try {
      options.closing.throwIfAborted();
      return await connect();
    } catch (error) {
      if (options.closing.aborted) throw new Fault('cancelled', 'the worker is closing its connections');
      if (!(error instanceof Fault) || error.reason !== 'lost' || retry > retriesMax) throw error;
    }
    await sleep(options.random() * 400 * retry);
  }
}

async function handshake(
  options: ConnectorOptions,
  to: { node: Node; address: Address; jump: SshConnection | undefined },
): Promise<SshConnection> {
  const { limits, agent } = options;
  const { node, address, jump } = to;
  const keys = await options.keys.load(node.keyFile);
  const asked = node.keyFile === null ? agent : undefined;
  if (keys.length === 0 && asked === undefined) throw new Fault('auth', 'the worker has no key for the node');
  const giveUp = AbortSignal.any([AbortSignal.timeout(limits.connectTimeoutMs), options.closing]);
  const sock = jump === undefined ? await dial(address, giveUp) : await jump.forward(address);
  return connectSsh({
    address,
    user: node.user,
    keys,
    agent: asked,
    knownHosts: options.knownHosts(),
    sock,
    giveUp,
    keepaliveMs: limits.keepaliveMs,
    channelTimeoutMs: limits.connectTimeoutMs,
  });
}
