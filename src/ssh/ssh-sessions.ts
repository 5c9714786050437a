import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { ScriptResult, ScriptRun, Sessions } from '../contract/sessions.ts';
import { Fault } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';
import { unknown } from './channel.ts';
import { createClientKeys } from './client-keys.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import { type ConnectorOptions, createConnector } from './connector.ts';
import { dial } from './dial.ts';
import type { HostKeyAsker } from './host-keys.ts';
import type { KnownHost } from './known-hosts.ts';
import { type Attempt, createShellPool, warmBy } from './shell-pool.ts';
import { shownHostKey } from './show-host-key.ts';
import { defaultSshLimits, type SshLimits } from './ssh-limits.ts';
import { unlessAborted } from './stop.ts';

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
  /** Told how each attempt to connect ended. */
  readonly onConnect?: ConnectorOptions['onConnect'];
};

/** Sessions over SSH: one pooled connection a node, host keys held against known_hosts, failures as values. */
export function createSshSessions(options: SshSessionsOptions): Sessions & HostKeyAsker & { connections(): number } {
  const { knownHosts, nodeByName, logger, home, agent, random = Math.random } = options;
  const limits = { ...defaultSshLimits, ...options.limits };
  const closing = new AbortController();
  const connector = createConnector({
    keys: createClientKeys(home === undefined ? {} : { home }),
    knownHosts: typeof knownHosts === 'function' ? knownHosts : () => knownHosts,
    limits,
    random,
    closing: closing.signal,
    logger,
    agent,
    onConnect: options.onConnect,
  });
  const pool = createConnectionPool({
    connector,
    nodeByName,
    idleMs: limits.idleMs,
    logger,
    shellsOf: (connection) =>
      createShellPool({
        open: connection.open,
        newMark: () => randomBytes(12).toString('hex'),
        shellsMax: limits.shellsPerConnection,
        streamsMax: limits.streamsPerConnection,
        graceMs: limits.graceMs,
        onStuck: () => connection.destroy(),
      }),
  });
  const run = async (node: Node, script: ScriptRun): Promise<ScriptResult> => {
    if (closing.signal.aborted) return unknown('cancelled', 'the worker is closing its connections');
    const first = await attempt(pool, node, script);
    // An idle connection may have died unnoticed; nothing was begun on it, so that a new one may try.
    const again = !first.started && first.result.kind === 'unknown' && first.result.reason === 'lost';
    return again ? (await attempt(pool, node, script)).result : first.result;
  };
  return {
    run,
    warm: (node) => warmBy((script) => run(node, script), limits.connectTimeoutMs),
    async shownKey(node, address, known) {
      const giveUp = AbortSignal.any([AbortSignal.timeout(limits.connectTimeoutMs), closing.signal]);
      const jump = await pool.jumpFor(node);
      try {
        const sock = jump === undefined ? await dial(address, giveUp) : await jump.connection.forward(address);
        return await shownHostKey({ sock, user: node.user, known, giveUp });
      } finally {
        jump?.release();
      }
    },
    drop: (name) => pool.drop(name),
    connections: () => pool.size(),
    async close() {
      closing.abort();
      await pool.close();
    },
  };
}

async function attempt(pool: ConnectionPool, node: Node, script: ScriptRun): Promise<Attempt> {
  const acquiring = pool.acquire(node);
  try {
    const pooled = await unlessAborted(acquiring, script.signal);
    if (pooled !== null) return await pooled.shells.run(script).finally(() => pooled.release());
    void acquiring.then((late) => late.release()).catch(() => undefined);
    return { started: false, result: unknown('cancelled', 'the script was ended on request') };
  } catch (error) {
    if (error instanceof Fault) return { started: false, result: unknown(error.reason, error.message) };
    throw error;
  }
}
