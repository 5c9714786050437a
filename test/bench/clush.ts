import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The peer: clush over OpenSSH's client, with a fixed list of nodes. */
export type Clush = {
  /** Runs the script with its arguments on all nodes at once; what each printed, by name. */
  run(script: string, args: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  close(): Promise<void>;
};

/** A node as ssh_config has to know it. */
export type ClushNode = { readonly name: string; readonly address: { readonly host: string; readonly port: number } };

/** Undefined when clush is not installed. `keepOpen`: with ControlMaster, so that connections outlive a run. */
export async function createClush(options: {
  nodes: readonly ClushNode[];
  keyPath: string;
  knownHostsPath: string;
  keepOpen: boolean;
}): Promise<Clush | undefined> {
  const { nodes, keyPath, knownHostsPath, keepOpen } = options;
  const there = await promisify(execFile)('clush', ['--version']).catch(() => undefined);
  if (there === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'medic-clush-'));
  const config = join(folder, 'ssh_config');
  const master = ['  ControlMaster auto', `  ControlPath ${folder}/%C`, '  ControlPersist 300'];
  const hosts = nodes.flatMap(({ name, address }) => [
    `Host ${name}`,
    `  HostName ${address.host}`,
    `  Port ${address.port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${keyPath}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${knownHostsPath}`,
    '  StrictHostKeyChecking yes',
    '  LogLevel ERROR',
    ...(keepOpen ? master : []),
  ]);
  await writeFile(config, `${hosts.join('\n')}\n`, { mode: 0o600 });
  const names = nodes.map(({ name }) => name).join(',');
  return {
    async run(script, args) {
      const command = ['sh', '-c', script, 'survey', ...args].map(quoted).join(' ');
      const output = await outputOf(['-f', '64', '-o', `-F ${config}`, '-w', names, command]);
      return byNode(output, nodes);
    },
    async close() {
      if (keepOpen) {
        const ends = nodes.map(({ name }) =>
          promisify(execFile)('ssh', ['-F', config, '-O', 'exit', name]).catch(() => undefined),
        );
        await Promise.all(ends);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function outputOf(args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('clush', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && stderr.length === 0) resolve(Buffer.concat(stdout));
      else reject(new Error(`clush ended with ${code}: ${Buffer.concat(stderr).toString().slice(0, 500)}`));
    });
  });
}

/** clush writes `node: line`; the line end that it adds after the last line is no part of the answer. */
function byNode(output: Buffer, nodes: readonly ClushNode[]): ReadonlyMap<string, Uint8Array> {
  const lines = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const line of output.toString('latin1').split('\n').slice(0, -1)) {
    const at = line.indexOf(': ');
    lines.get(line.slice(0, at))?.push(line.slice(at + 2));
  }
  return new Map([...lines].map(([name, own]) => [name, Buffer.from(own.join('\n'), 'latin1')]));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
