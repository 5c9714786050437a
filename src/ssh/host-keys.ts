import type { AddressAnswer, HostKeys } from '../contract/host-keys.ts';
import { Fault } from '../domain/fault.ts';
import { addressNames, type HostKey, sameKey } from '../domain/host-key.ts';
import type { Address, Node } from '../domain/node.ts';
import { entriesFor, judge, type KnownHost, keyTypeOf, nameOf } from './known-hosts.ts';
import type { KnownHostsFile } from './known-hosts-file.ts';

/** What SSH sessions lend for this: a bare handshake, and the end of what is open. */
export type HostKeyAsker = {
  /** The key that the server at this address of the node shows; rejects with a `Fault`. */
  shownKey(node: Node, address: Address, known: readonly KnownHost[]): Promise<Buffer>;
  /** Ends the connections of a node. */
  drop(node: string): Promise<void>;
};

/** Host keys of nodes, held against the worker's known_hosts. */
export function createHostKeys(options: { readonly file: KnownHostsFile; readonly asker: HostKeyAsker }): HostKeys {
  const { file, asker } = options;
  return {
    async look(node) {
      const entries = file.entries();
      const about = node.addresses.flatMap(({ host, port }) => entriesFor(entries, host, port));
      const names = addressNames(node.addresses.length);
      const answers = await Promise.all(
        node.addresses.map(async (address, index): Promise<AddressAnswer> => {
          const at = names[index] ?? 'its address';
          try {
            const key = await asker.shownKey(node, address, about);
            const verdict = judge(entries, address.host, address.port, key);
            return { at, kind: 'shown', key: hostKeyOf(key), verdict };
          } catch (error) {
            if (!(error instanceof Fault)) throw error;
            return { at, kind: 'silent', reason: error.reason, detail: error.message };
          }
        }),
      );
      return { answers, recorded: unique(about.filter(({ revoked }) => !revoked).map(({ key }) => hostKeyOf(key))) };
    },
    async trust(node, { key, withdrawn, receipt }) {
      const lines = linesFor(file.entries(), node, { key, withdrawn, receipt });
      if (typeof lines === 'string') return lines;
      const trouble = lines.length === 0 ? undefined : file.append(lines);
      if (trouble === undefined) await asker.drop(node.name);
      return trouble;
    },
  };
}

/** Lines that are not in the file yet; a text when an address cannot be written as a name there. */
function linesFor(
  entries: readonly KnownHost[],
  node: Node,
  { key, withdrawn, receipt }: Parameters<HostKeys['trust']>[1],
): string[] | string {
  // A comma, a star or a mark would let one line speak of other hosts.
  if (node.addresses.some(({ host }) => !/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/.test(host)))
    return `an address of ${node.name} cannot be written into known_hosts`;
  const judged =
    ({ base64 }: HostKey, verdict: string) =>
    (address: Address) =>
      judge(entries, address.host, address.port, Buffer.from(base64, 'base64')) !== verdict;
  const line = (mark: string, { type, base64 }: HostKey, addresses: readonly Address[]): string[] => {
    if (addresses.length === 0) return [];
    const names = addresses.map(({ host, port }) => nameOf(host, port)).join(',');
    return [`${mark}${names} ${type} ${base64} medic/${receipt}`];
  };
  return [
    ...withdrawn.flatMap((old) => line('@revoked ', old, node.addresses.filter(judged(old, 'revoked')))),
    ...line('', key, node.addresses.filter(judged(key, 'known'))),
  ];
}

function hostKeyOf(key: Buffer): HostKey {
  const type = keyTypeOf(key);
  if (type === undefined) throw new Fault('parse', 'the host key that the node shows is not readable');
  return { type, base64: key.toString('base64') };
}

function unique(keys: readonly HostKey[]): HostKey[] {
  return keys.filter((key, index) => keys.findIndex((one) => sameKey(one, key)) === index);
}
