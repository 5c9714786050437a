import { readFileSync } from 'node:fs';
import ssh2, { type Client, type ClientChannel } from 'ssh2';

/** How to reach a node as a test's own client, without any of the code under test. */
export interface ClientOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly user: string;
  readonly keyPath: string;
  /** Receives the host key's raw blob in base64. */
  readonly onHostKey?: (blob: string) => void;
}

/** What a command over SSH ended with. */
export interface CommandResult {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Connects with the client key; rejects with ssh2's error. */
export function connect({ address, user, keyPath, onHostKey }: ClientOptions): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({
      ...address,
      username: user,
      privateKey: readFileSync(keyPath),
      readyTimeout: 10_000,
      hostVerifier: (key: Buffer) => {
        onHostKey?.(key.toString('base64'));
        return true;
      },
    });
  });
}

/** Opens a command's channel; rejects when the server refuses it. */
export function openCommand(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

/** Runs a command to its end, with these bytes as its input. */
export async function runOverSsh(client: Client, command: string, stdin: Buffer | string = ''): Promise<CommandResult> {
  const channel = await openCommand(client, command);
  const stdout: Buffer[] = [];
  let stderr = '';
  channel.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = new Promise<CommandResult>((resolve) => {
    channel.on('close', (code: number | null, signal?: string) => {
      resolve({ code: code ?? undefined, signal, stdout: Buffer.concat(stdout), stderr });
    });
  });
  channel.end(stdin);
  return closed;
}
