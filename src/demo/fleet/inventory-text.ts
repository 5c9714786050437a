import { stringify } from 'yaml';

/** One node as the cluster's distributed_hosts.yaml describes it. */
export interface InventoryNode {
  readonly name: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly user: string;
  readonly keyPath: string;
  /** Further or other keys of the entry, such as gpu, role, note. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** Where the project stands in every node's home, as the inventory writes it. */
export const projectPath = '~/ringrift/ai-service';

/** The text of a distributed_hosts.yaml with these nodes. */
export function inventoryText(nodes: readonly InventoryNode[]): string {
  const hosts = nodes.map(({ name, address, user, keyPath, extra }) => {
    const entry = {
      ssh_host: address.host,
      ssh_port: address.port,
      ssh_user: user,
      ssh_key: keyPath,
      ringrift_path: projectPath,
      memory_gb: 128,
      cpus: 32,
      role: 'gpu_selfplay',
      status: 'ready',
      p2p_enabled: true,
      ...extra,
    };
    return [name, entry];
  });
  return stringify({ sync_routing: { excluded_hosts: [] }, hosts: Object.fromEntries(hosts) });
}
