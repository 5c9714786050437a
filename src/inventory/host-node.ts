import type { NodeName } from '../domain/names.ts';
import { type Address, type Node, saysGone } from '../domain/node.ts';
import { HOST_DEFAULTS, type HostEntry, venvOf } from './host-entry.ts';

const INACTIVE = new Set(['terminated', 'offline', 'setup', 'retired', 'archived']);
const OWN_MACHINE = new Set(['localhost', '127.0.0.1', '::1']);

/** The cluster's rules for one entry that has the right types; the caller has made sure of an address. */
export function nodeOf(options: {
  readonly name: NodeName;
  readonly entry: HostEntry;
  readonly coordinator: boolean;
  readonly local: boolean;
  readonly excluded: boolean;
}): Node {
  const { name, entry, coordinator, local, excluded } = options;
  const status = statusOf(entry);
  const active = !INACTIVE.has(status);
  const modelsDir = modelsDirOf(entry);
  return {
    name,
    addresses: addressesOf(entry),
    user: entry.ssh_user ?? HOST_DEFAULTS.user,
    keyFile: entry.ssh_key ?? null,
    proxy: entry.ssh_proxy ?? null,
    local,
    root: rootOf(entry),
    venv: venvOf(entry),
    modelsDir,
    role: entry.role ?? 'unknown',
    status,
    provider: /^([A-Za-z0-9]+)-/.exec(name)?.[1] ?? 'unknown',
    gpu: gpuOf(entry),
    ephemeral: entry.is_ephemeral ?? false,
    note: entry.note ? entry.note : null,
    coordinator,
    active,
    ...(entry.untrusted === true ? { untrusted: true } : {}),
    noTargetBecause: noTargetBecause({ entry, status, active, modelsDir, coordinator, excluded }),
  };
}

/** Tailscale first, then always at port 22; the public address with its own port second. */
export function addressesOf(entry: HostEntry): Address[] {
  const addresses: Address[] = [];
  if (entry.tailscale_ip) addresses.push({ host: entry.tailscale_ip, port: HOST_DEFAULTS.port });
  if (entry.ssh_host) addresses.push({ host: entry.ssh_host, port: entry.ssh_port ?? HOST_DEFAULTS.port });
  return addresses.filter(({ host, port }, index) => {
    return addresses.findIndex((other) => other.host === host && other.port === port) === index;
  });
}

/** Which key names the worker's own machine; with a port of its own it is a forwarded port or a container, and so another machine. */
export function ownMachineKey(entry: HostEntry): 'ssh_host' | 'tailscale_ip' | null {
  const isOwn = (host: string | null | undefined): boolean => OWN_MACHINE.has((host ?? '').toLowerCase());
  if (isOwn(entry.tailscale_ip)) return 'tailscale_ip';
  return isOwn(entry.ssh_host) && (entry.ssh_port ?? HOST_DEFAULTS.port) === HOST_DEFAULTS.port ? 'ssh_host' : null;
}

/** Where status and note of a node tell different stories; null where they agree. */
export function contradictionOf(node: Node): string | null {
  if (!node.active || !saysGone(node)) return null;
  return `${node.name}: its status is ${node.status}, but its note says "${node.note}"`;
}

function statusOf(entry: HostEntry): string {
  return (entry.status ?? 'unknown').toLowerCase();
}

function rootOf({ ringrift_path: path }: HostEntry): string | null {
  return path === null ? null : withoutEndSlash(path ?? HOST_DEFAULTS.path);
}

function modelsDirOf(entry: HostEntry): string | null {
  const root = rootOf(entry);
  if (root === null) return null;
  const external = entry.use_external_storage ? entry.storage_paths?.models : null;
  const path = external ?? `${root}/models`;
  return withoutEndSlash(path);
}

function withoutEndSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

function gpuOf(entry: HostEntry): string | null {
  const gpu = entry.gpu ?? '';
  return ['', 'none', 'no', 'false', 'null', 'n/a', '0'].includes(gpu.toLowerCase()) ? null : gpu;
}

function noTargetBecause(about: {
  readonly entry: HostEntry;
  readonly status: string;
  readonly active: boolean;
  readonly modelsDir: string | null;
  readonly coordinator: boolean;
  readonly excluded: boolean;
}): string | null {
  if (about.coordinator) return 'it is the source';
  if (!about.active) return `its status is ${about.status}`;
  if (about.status === 'proxy_only' || about.entry.proxy_only === true) return 'it is a proxy only';
  if (about.modelsDir === null) return 'it has no folder for models (ringrift_path is null)';
  if (about.entry.skip_sync_receive === true) return 'skip_sync_receive is set';
  if (about.excluded) return 'sync_routing.excluded_hosts names it';
  return null;
}
