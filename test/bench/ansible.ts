import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ClushNode } from './clush.ts';

/** The peer: one ad-hoc `raw` command of Ansible with a fork a node, every time over new connections. */
export type Ansible = {
  /** Runs the script with its arguments on all nodes at once; what each printed, by name. */
  run(script: string, args: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  close(): Promise<void>;
};

const Answer = z.looseObject({ rc: z.literal(0), stdout: z.string() });
const run = promisify(execFile);

/** Undefined when ansible is not installed. */
export async function createAnsible(options: {
  nodes: readonly ClushNode[];
  keyPath: string;
  knownHostsPath: string;
}): Promise<Ansible | undefined> {
  const { nodes, keyPath, knownHostsPath } = options;
  const there = await run('ansible', ['--version']).catch(() => undefined);
  if (there === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'medic-ansible-'));
  const hosts = nodes.map(({ name, address: { host, port } }) => `${name} ansible_host=${host} ansible_port=${port}`);
  await writeFile(join(folder, 'hosts'), `${hosts.join('\n')}\n`);
  const ssh = [
    'UserKnownHostsFile',
    knownHostsPath,
    'IdentitiesOnly',
    'yes',
    'ControlMaster',
    'no',
    'ControlPath',
    'none',
  ];
  const sshArgs = Array.from({ length: ssh.length / 2 }, (_, at) => `-o ${ssh[2 * at]}=${ssh[2 * at + 1]}`).join(' ');
  const usual = ['-i', join(folder, 'hosts'), '-f', '64', '-u', userInfo().username, '--private-key', keyPath];
  const env = { ...process.env, ANSIBLE_HOME: folder, ANSIBLE_LOCAL_TEMP: folder, ANSIBLE_SSH_ARGS: sshArgs };
  return {
    async run(script, args) {
      const tree = await mkdtemp(join(folder, 'tree-'));
      const command = ['sh', '-c', script, 'survey', ...args].map(quoted).join(' ');
      // Braces mean something to Ansible's templates.
      const raw = `{% raw %}${command}{% endraw %}`;
      await run('ansible', ['all', ...usual, '-m', 'raw', '-a', raw, '-t', tree], { env, maxBuffer: 1 << 26 });
      const answers = nodes.map(async ({ name }): Promise<[string, Uint8Array]> => {
        const { stdout } = Answer.parse(JSON.parse(await readFile(join(tree, name), 'utf8')));
        return [name, Buffer.from(stdout, 'utf8')];
      });
      return new Map(await Promise.all(answers));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
