import { accessSync, constants, statSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { InventorySource } from '../contract/inventory.ts';
import type { WorkerFacts } from '../domain/doctor-worker.ts';
import { mayHoldModels } from '../domain/node.ts';
import { publicKeyFolder, signersIn } from '../keys/approval-keys.ts';
import { redisSkewMs } from '../ledger/redis-facts.ts';
import { createClientKeys } from '../ssh/client-keys.ts';
import { entriesFor } from '../ssh/known-hosts.ts';
import type { KnownHostsFile } from '../ssh/known-hosts-file.ts';
import type { Memory } from '../wire.ts';

const OTHERS_MAY_WRITE = 0o022;

/** What a worker knows of itself: keys, known_hosts, its state folder, its clock. Reads files and asks no node. */
export async function workerFacts(
  { stateDir, shellKeys }: Config,
  {
    inventory,
    knownHosts,
    redis,
  }: { readonly inventory: InventorySource; readonly knownHosts: KnownHostsFile; readonly redis: Memory['redis'] },
): Promise<WorkerFacts> {
  const { nodes } = inventory.current();
  const remote = nodes.filter((node) => mayHoldModels(node) && !node.local);
  const keys = createClientKeys();
  const entries = knownHosts.entries();
  return {
    nodes: { all: nodes.length, active: nodes.filter(({ active }) => active).length },
    keys: await Promise.all(
      remote.map(async ({ name, keyFile }) => ({ node: name, ...(await keys.inspect(keyFile)) })),
    ),
    hosts: remote.map(({ name, addresses }) => ({
      node: name,
      known: addresses.filter(({ host, port }) => entriesFor(entries, host, port).some(({ revoked }) => !revoked))
        .length,
      addresses: addresses.length,
    })),
    stateTrouble: troubleOf(stateDir),
    signers: [...signersIn(publicKeyFolder(stateDir)), ...Object.keys(shellKeys)],
    skewMs: await redisSkewMs(redis, () => new Date()).catch(() => undefined),
  };
}

function troubleOf(folder: string): string | undefined {
  try {
    if ((statSync(folder).mode & OTHERS_MAY_WRITE) !== 0) return 'may be written by others';
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return 'cannot be read and written by it';
  }
}
