import { readFile } from 'node:fs/promises';
import type { Node } from '../../src/domain/node.ts';
import { type KnownHost, parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { nodeForTests } from './node-for-tests.ts';

/** The entries of a known_hosts file that must be right. */
export async function entriesOf(path: string): Promise<readonly KnownHost[]> {
  const parsed = parseKnownHosts(await readFile(path, 'utf8'), path);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.entries;
}

/** A node of a fleet as the inventory would give it. */
export function fleetNode(options: {
  name: string;
  address: { readonly host: string; readonly port: number };
  user: string;
  keyPath: string;
  fields?: Partial<Node>;
}): Node {
  const { name, address, user, keyPath, fields } = options;
  return nodeForTests({ name, addresses: [{ ...address }], user, keyFile: keyPath, ...fields });
}
