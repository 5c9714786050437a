import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { Fault } from '../domain/fault.ts';

/** Reads the private keys that the inventory names. */
export type ClientKeys = {
  /** Rejects with a `Fault` (auth) that says what is wrong with the file but not where it is. */
  load(keyFile: string | null): Promise<readonly ParsedKey[]>;
  /** What is wrong with them, and whether others than their owner may read them. Never rejects, and says no path. */
  inspect(keyFile: string | null): Promise<{ readonly trouble: string | undefined; readonly exposed: boolean }>;
};

const OTHERS_MAY_READ = 0o077;
const defaultFiles = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

/** Keys are read again when their file changes; null means the usual files in `~/.ssh`, as many of them as exist. */
export function createClientKeys(options: { home?: string } = {}): ClientKeys {
  const home = options.home ?? homedir();
  const read = new Map<string, { version: string; key: ParsedKey }>();

  const pathOf = (file: string): string => (file.startsWith('~/') ? join(home, file.slice(2)) : file);

  const loadOne = async (file: string): Promise<ParsedKey> => {
    const path = pathOf(file);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) throw new Fault('auth', "the worker does not have the node's key file");
    const version = `${facts.mtimeMs} ${facts.size}`;
    const known = read.get(path);
    if (known?.version === version) return known.key;
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) throw new Fault('auth', "the worker may not read the node's key file");
    const key = parseKey(bytes);
    read.set(path, { version, key });
    return key;
  };

  const load = async (keyFile: string | null): Promise<readonly ParsedKey[]> => {
    if (keyFile !== null) return [await loadOne(keyFile)];
    const loaded = await Promise.allSettled(defaultFiles.map(loadOne));
    return loaded.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  };

  return {
    load,
    async inspect(keyFile) {
      const found = await Promise.all(
        (keyFile === null ? defaultFiles : [keyFile]).map((file) => stat(pathOf(file)).catch(() => undefined)),
      );
      const exposed = found.some((facts) => facts !== undefined && (facts.mode & OTHERS_MAY_READ) !== 0);
      try {
        const keys = await load(keyFile);
        return { trouble: keys.length > 0 ? undefined : 'the worker has no key for the node', exposed };
      } catch (error) {
        return { trouble: error instanceof Error ? error.message : String(error), exposed };
      }
    },
  };
}

function parseKey(bytes: Buffer): ParsedKey {
  const parsed = ssh2.utils.parseKey(bytes);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) {
    const locked = key instanceof Error && /passphrase|encrypted/i.test(key.message);
    throw new Fault('auth', locked ? "the node's key needs a passphrase" : "the node's key file holds no private key");
  }
  if (!key.isPrivateKey()) throw new Fault('auth', "the node's key file holds a public key only");
  return key;
}
