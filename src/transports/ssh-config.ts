import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Address, Node } from '../domain/node.ts';

/** The name that the target has in the generated configuration. */
export const TARGET_HOST = 'medic-target';

const JUMP_HOST = 'medic-jump';

/**
 * OpenSSH configuration for one connection from the source to the target, host keys pinned; or, in words, why it cannot be written.
 * Keys and jump hosts are the worker's, so they are named only when the source is the worker's own machine.
 */
export function sshConfigFor(
  source: Node,
  target: Node,
  address: Address,
  jump: Node | undefined,
): { readonly config: string } | { readonly unusable: string } {
  if (!source.local && target.proxy !== null)
    return { unusable: `${target.name} is behind a jump host that only the worker can use` };
  if (target.proxy !== null && jump === undefined)
    return { unusable: `the jump host of ${target.name} is not in the inventory` };
  const targetBlock = hostBlock(TARGET_HOST, target, address, source.local);
  const jumpAddress = jump?.addresses[0];
  const jumpBlock =
    jump === undefined || jumpAddress === undefined ? [] : hostBlock(JUMP_HOST, jump, jumpAddress, source.local);
  if (targetBlock === undefined || jumpBlock === undefined)
    return { unusable: `address, user or key of ${target.name} cannot be written into an ssh configuration` };
  const proxy = jump === undefined ? [] : [`  ProxyJump ${JUMP_HOST}`];
  return { config: [...targetBlock, ...proxy, ...jumpBlock, 'Host *', ...FOR_ALL].join('\n').concat('\n') };
}

const FOR_ALL = [
  '  BatchMode yes',
  '  StrictHostKeyChecking yes',
  '  GlobalKnownHostsFile /dev/null',
  '  UpdateHostKeys no',
  '  ConnectTimeout 10',
  '  ServerAliveInterval 10',
  '  ServerAliveCountMax 3',
  '  ForwardAgent no',
  '  ClearAllForwardings yes',
  '  ControlPath none',
  '  LogLevel ERROR',
];

/** A value that could end its line or its quotes is refused, not escaped. */
function hostBlock(host: string, node: Node, address: Address, withKey: boolean): string[] | undefined {
  if (!/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/.test(address.host) || !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(node.user))
    return undefined;
  const lines = [`Host ${host}`, `  HostName ${address.host}`, `  Port ${address.port}`, `  User ${node.user}`];
  if (!withKey || node.keyFile === null) return lines;
  const key = node.keyFile.startsWith('~/') ? join(homedir(), node.keyFile.slice(2)) : node.keyFile;
  if (/["\\\p{Cc}]/u.test(key)) return undefined;
  // A percent sign begins a token of ssh.
  return [...lines, `  IdentityFile "${key.replaceAll('%', '%%')}"`, '  IdentitiesOnly yes'];
}
