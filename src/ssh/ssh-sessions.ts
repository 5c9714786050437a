import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import type { Address, Node } from '../domain/node.ts';
import { unknown } from './channel.ts';
import { createClientKeys } from './client-keys.ts';
import { dial } from './dial.ts';
import { createGate, type Gate } from './gate.ts';
import type { KnownHost } from './known-hosts.ts';
import { createShellPool, type ShellPool } from './shell-pool.ts';
import { connectSsh, type SshConnection } from './ssh-connection.ts';
import { unlessAborted } from './stop.ts';

/** Limits of the sessions; times in milliseconds. */
export type SshLimits = {
  /** From the first packet to a finished login, for each address. */
  readonly connectTimeoutMs: number;
  readonly keepaliveMs: number;
  /** An unused connection is closed after this time. */
  readonly idleMs: number;
  /** How long to wait for a node's word that an ended script is gone. */
  readonly graceMs: number;
  readonly shellsPerConnection: number;
  readonly streamsPerConnection: number;
  /** Below sshd's MaxStartups of 10. */
  readonly handshakesPerHost: number;
  readonly handshakes: number;
};

/** What usual servers bear. */
export const defaultSshLimits: SshLimits = {
  connectTimeoutMs: 10_000,
  keepaliveMs: 10_000,
  idleMs: 300_000,
  graceMs: 2_000,
  shellsPerConnection: 6,
  streamsPerConnection: 3,
  handshakesPerHost: 8,
  handshakes: 64,
};

/** What `createSshSessions` needs. */
export type SshSessionsOptions = {
  /** The entries of known_hosts, or a function that returns the present ones. */
  readonly knownHosts: readonly KnownHost[] | (() => readonly KnownHost[]);
  /** Finds jump hosts. */
  readonly nodeByName: (name: string) => Node | undefined;
  readonly limits?: Partial<SshLimits>;
  readonly logger?: Logger;
  /** Number in [0, 1) for jitter. */
  readonly random?: () => number;
  /** Home folder of the worker, for key files. */
  readonly home?: string;
  /** Socket of an SSH agent, for nodes without a key file. */
  readonly agent?: string;
};

type Connected = {
  readonly connection: SshConnection;
  readonly shells: ShellPool;
  /** Takes it out of the pool, so that nobody new gets it. */
  readonly forget: () => void;
  users: number;
  timer: NodeJS.Timeout | undefined;
};

const jumpsMax = 4;
const retriesMax = 2;

/** Sessions over SSH: one pooled connection a node, host keys held against known_hosts, failures as values. */
export function createSshSessions(options: SshSessionsOptions): Sessions {
  const limits = { ...defaultSshLimits, ...options.limits };
  const random = options.random ?? Math.random;
  const keys = createClientKeys(options.home === undefined ? {} : { home: options.home });
  const pool = new Map<string, Promise<Connected>>();
  const hostGates = new Map<string, Gate>();
  const allGate = createGate(limits.handshakes);
  let closing = false;

  const release = (connected: Connected): void => {
    connected.users -= 1;
    if (connected.users > 0) return;
    connected.timer = setTimeout(() => void retire(connected), limits.idleMs).unref();
  };

  const retire = async (connected: Connected): Promise<void> => {
    connected.forget();
    await connected.shells.close();
    await connected.connection.end();
  };

  /** The connection of a node with one more user, who must call `release`. */
  const acquire = async (node: Node, jumps: number): Promise<Connected> => {
    if (closing) throw new Fault('cancelled', 'the worker is closing its connections');
    const key = keyOf(node);
    const pending = pool.get(key) ?? open(node, key, jumps);
    const connected = await pending;
    clearTimeout(connected.timer);
    connected.users += 1;
    return connected;
  };

  const open = (node: Node, key: string, jumps: number): Promise<Connected> => {
    const opening = openFirst(node, jumps).then(({ connection, jump }) => {
      const connected: Connected = { connection, shells: shellsOf(connection), forget, users: 0, timer: undefined };
      void connection.closed.then(() => {
        clearTimeout(connected.timer);
        forget();
        if (jump !== undefined) release(jump);
        options.logger?.debug({ node: node.name }, 'connection closed');
      });
      options.logger?.debug({ node: node.name }, 'connection opened');
      return connected;
    });
    const forget = (): void => {
      if (pool.get(key) === opening) pool.delete(key);
    };
    opening.catch(forget);
    pool.set(key, opening);
    return opening;
  };

  const shellsOf = (connection: SshConnection): ShellPool =>
    createShellPool({
      open: connection.open,
      newMark: () => randomBytes(12).toString('hex'),
      shellsMax: limits.shellsPerConnection,
      streamsMax: limits.streamsPerConnection,
      graceMs: limits.graceMs,
      onStuck: () => connection.destroy(),
    });

  const openFirst = async (
    node: Node,
    jumps: number,
  ): Promise<{ connection: SshConnection; jump: Connected | undefined }> => {
    const jump = node.proxy === null ? undefined : await acquireJump(node.proxy, jumps);
    try {
      return { connection: await openAny(node, jump), jump };
    } catch (error) {
      if (jump !== undefined) release(jump);
      throw error;
    }
  };

  const acquireJump = async (name: string, jumps: number): Promise<Connected | undefined> => {
    const proxy = options.nodeByName(name);
    if (proxy === undefined) throw new Fault('refused', `the jump host ${name} is not in the inventory`);
    if (proxy.local) return undefined;
    if (jumps >= jumpsMax) throw new Fault('refused', `too many jump hosts one behind the other, up to ${name}`);
    try {
      return await acquire(proxy, jumps + 1);
    } catch (error) {
      if (error instanceof Fault) throw new Fault(error.reason, `jump host ${name}: ${error.message}`);
      throw error;
    }
  };

  const openAny = async (node: Node, jump: Connected | undefined): Promise<SshConnection> => {
    for (const [index, address] of node.addresses.entries()) {
      try {
        return await openAddress(node, address, jump);
      } catch (error) {
        // A host that answers and is not trusted, or does not trust us, is no reason to try elsewhere.
        const elsewhere = error instanceof Fault && ['dns', 'refused', 'timeout'].includes(error.reason);
        if (!elsewhere || index === node.addresses.length - 1) throw error;
        options.logger?.info({ node: node.name, reason: error.reason }, 'trying the second address');
      }
    }
    throw new Error(`the node ${node.name} has no address`);
  };

  const openAddress = async (node: Node, address: Address, jump: Connected | undefined): Promise<SshConnection> => {
    const gateKey = `${address.host} ${node.proxy ?? ''}`;
    const hostGate = hostGates.get(gateKey) ?? createGate(limits.handshakesPerHost);
    hostGates.set(gateKey, hostGate);
    const host = await hostGate.enter();
    const all = await allGate.enter();
    try {
      for (let retry = 0; ; retry += 1) {
        if (host.waited || retry > 0) await sleep(random() * (retry === 0 ? 10 : 400 * retry));
        try {
          return await handshake(node, address, jump);
        } catch (error) {
          // sshd drops connections above MaxStartups without a word.
          if (!(error instanceof Fault) || error.reason !== 'lost' || retry === retriesMax) throw error;
        }
      }
    } finally {
      all.leave();
      host.leave();
      if (hostGate.idle()) hostGates.delete(gateKey);
    }
  };

  const handshake = async (node: Node, address: Address, jump: Connected | undefined): Promise<SshConnection> => {
    const loaded = await keys.load(node.keyFile);
    if (loaded.length === 0 && options.agent === undefined)
      throw new Fault('auth', 'the worker has no key for the node');
    const giveUp = AbortSignal.timeout(limits.connectTimeoutMs);
    const sock = jump === undefined ? await dial(address, giveUp) : await jump.connection.forward(address);
    return connectSsh({
      address,
      user: node.user,
      keys: loaded,
      ...(node.keyFile === null && options.agent !== undefined ? { agent: options.agent } : {}),
      knownHosts: typeof options.knownHosts === 'function' ? options.knownHosts() : options.knownHosts,
      sock,
      giveUp,
      keepaliveMs: limits.keepaliveMs,
      channelTimeoutMs: limits.connectTimeoutMs,
    });
  };

  return {
    async run(node, run) {
      for (let retry = 0; ; retry += 1) {
        const acquired = acquire(node, 0);
        try {
          const connected = await unlessAborted(acquired, run.signal);
          if (connected === null) {
            void acquired.then(release, () => undefined);
            return unknown('cancelled', 'the script was ended on request');
          }
          const attempt = await connected.shells.run(run).finally(() => release(connected));
          // An idle connection may have died unnoticed; nothing was begun on it, so a new one may try.
          const again = !attempt.started && attempt.result.kind === 'unknown' && attempt.result.reason === 'lost';
          if (!again || retry > 0) return attempt.result;
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          // The same for an idle connection to a jump host.
          if (error.reason === 'lost' && node.proxy !== null && retry === 0) continue;
          return unknown(error.reason, error.message);
        }
      }
    },
    async warm(node) {
      try {
        const connected = await acquire(node, 0);
        await connected.shells.warm().finally(() => release(connected));
        return { ok: true };
      } catch (error) {
        if (error instanceof Fault) return { ok: false, reason: error.reason, detail: error.message };
        throw error;
      }
    },
    async close() {
      closing = true;
      const opened = await Promise.allSettled(pool.values());
      const connected = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      // Jump hosts are among them: the connections through them say goodbye first.
      await Promise.all(connected.map((one) => one.shells.close()));
      await Promise.all(connected.map((one) => one.connection.end()));
    },
  };
}

function keyOf(node: Node): string {
  return JSON.stringify([node.name, node.addresses, node.user, node.keyFile, node.proxy]);
}
