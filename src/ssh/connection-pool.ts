import type { Logger } from 'pino';
import { Fault } from '../domain/fault.ts';
import type { Node } from '../domain/node.ts';
import type { Connector } from './connector.ts';
import type { ShellPool } from './shell-pool.ts';
import type { SshConnection } from './ssh-connection.ts';

/** A pooled connection with its shells; whoever acquires it must release it. */
export type Pooled = { readonly connection: SshConnection; readonly shells: ShellPool; release(): void };

/** One connection a node, shared by all who use it. */
export type ConnectionPool = {
  /** The connection of a node, opened when there is none; rejects with a `Fault`. */
  acquire(node: Node): Promise<Pooled>;
  /** The connection of a node's jump host; undefined: it needs none. Rejects with a `Fault`. */
  jumpFor(node: Node): Promise<Pooled | undefined>;
  /** Connections that are open or being opened. */
  size(): number;
  /** Ends the connections of a node with everything that runs on them. */
  drop(name: string): Promise<void>;
  /** Ends every connection with everything that runs on it. */
  close(): Promise<void>;
};

type Kept = Omit<Pooled, 'release'> & {
  /** Takes it out of the pool, so that nobody new gets it. */
  readonly forget: () => void;
  users: number;
  timer: NodeJS.Timeout | undefined;
};

const jumpsMax = 4;

/** A connection that nobody uses is closed after `idleMs`; one that leads to other nodes counts them as users. */
export function createConnectionPool(options: {
  connector: Connector;
  nodeByName: (name: string) => Node | undefined;
  shellsOf: (connection: SshConnection) => ShellPool;
  idleMs: number;
  logger?: Logger | undefined;
}): ConnectionPool {
  const { idleMs, logger } = options;
  const pool = new Map<string, Promise<Kept>>();

  const acquire = async (node: Node, jumps: number): Promise<Pooled> => {
    const kept = await (pool.get(keyOf(node)) ?? open(node, jumps));
    clearTimeout(kept.timer);
    kept.users += 1;
    return { connection: kept.connection, shells: kept.shells, release: () => release(kept) };
  };

  const release = (kept: Kept): void => {
    kept.users -= 1;
    if (kept.users > 0) return;
    kept.timer = setTimeout(() => void retire(kept), idleMs).unref();
  };

  const open = (node: Node, jumps: number): Promise<Kept> => {
    const key = keyOf(node);
    const forget = (): void => {
      if (pool.get(key) === opening) pool.delete(key);
    };
    const opening = connectThrough({ ...options, acquire }, node, jumps).then(({ connection, jump }): Kept => {
      const kept = { connection, shells: options.shellsOf(connection), forget, users: 0, timer: undefined };
      void connection.closed.then(() => {
        forget();
        jump?.release();
        logger?.debug({ node: node.name }, 'connection closed');
      });
      logger?.debug({ node: node.name }, 'connection opened');
      return kept;
    });
    opening.catch(forget);
    pool.set(key, opening);
    return opening;
  };

  return {
    acquire: (node) => acquire(node, 0),
    size: () => pool.size,
    jumpFor: async (node) => (node.proxy === null ? undefined : acquireJump({ ...options, acquire }, node.proxy, 0)),
    async drop(name) {
      const own = [...pool].filter(([key]) => key.startsWith(`[${JSON.stringify(name)},`));
      const opened = await Promise.allSettled(own.map(([, opening]) => opening));
      const kept = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      await Promise.all(kept.map(retire));
    },
    async close() {
      const opened = await Promise.allSettled(pool.values());
      const kept = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      // All shells before any connection: a jump host must not leave before those behind it.
      await Promise.all(kept.map(({ shells }) => shells.close()));
      await Promise.all(kept.map(({ connection }) => connection.end()));
    },
  };
}

type Through = {
  readonly connector: Connector;
  readonly nodeByName: (name: string) => Node | undefined;
  readonly acquire: (node: Node, jumps: number) => Promise<Pooled>;
};

async function connectThrough(
  through: Through,
  node: Node,
  jumps: number,
): Promise<{ connection: SshConnection; jump: Pooled | undefined }> {
  const jump = node.proxy === null ? undefined : await acquireJump(through, node.proxy, jumps);
  try {
    return { connection: await through.connector.connect(node, jump?.connection), jump };
  } catch (error) {
    jump?.release();
    throw error;
  }
}

async function acquireJump(through: Through, name: string, jumps: number): Promise<Pooled | undefined> {
  const jump = through.nodeByName(name);
  if (jump === undefined) throw new Fault('refused', `the jump host ${name} is not in the inventory`);
  if (jump.local) return undefined;
  if (jumps >= jumpsMax) throw new Fault('refused', `too many jump hosts one behind the other, up to ${name}`);
  try {
    return await through.acquire(jump, jumps + 1);
  } catch (error) {
    throw error instanceof Fault ? new Fault(error.reason, `jump host ${name}: ${error.message}`) : error;
  }
}

async function retire(kept: Kept): Promise<void> {
  kept.forget();
  await kept.shells.close();
  await kept.connection.end();
}

/** A node whose inventory entry has changed gets a new connection; the old one ends when it is idle. */
function keyOf(node: Node): string {
  return JSON.stringify([node.name, node.addresses, node.user, node.keyFile, node.proxy]);
}
