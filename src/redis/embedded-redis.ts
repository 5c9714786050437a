import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLineAlive, processLine, withLock } from '../bootstrap/lock.mjs';
import { locateRedisServer } from '../bootstrap/redis.mjs';
import { askRedis } from './ask-redis.ts';

const SOCKET_PATH_BYTES_MAX = 107;
const ANSWER_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const LOCK_TIMEOUT_MS = 60_000;

/** Where the embedded server keeps its things and which program it is. */
export interface EmbeddedRedisOptions {
  /** The installation's state folder; its `redis` folder (mode 0700) holds the data, the lock and the socket. */
  readonly stateDir: string;
  /** Path of redis-server or valkey-server; by default the one on PATH or in the cache. */
  readonly serverPath?: string | undefined;
  readonly logger?: { info(fields: object, message: string): void } | undefined;
}

/** This process's share of the one server of a state folder. */
export interface EmbeddedRedis {
  /** What ioredis takes as its address: the socket's path. */
  readonly url: string;
  readonly socketPath: string;
  /** Gives this share back; the last one out stops the server, its data saved. May be called twice. */
  close(): Promise<void>;
}

/** Joins the Redis server of this state folder, starting it when nobody has; throws when there is no server program or it does not answer. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const place = preparePlace(options.stateDir);
  const registration = join(place.users, `${process.pid}-${randomBytes(6).toString('hex')}`);
  await withLock(
    place.lock,
    async () => {
      writeFileSync(registration, processLine(), { mode: 0o600 });
      try {
        await ensureServer(place, options);
      } catch (error) {
        rmSync(registration, { force: true });
        throw error;
      }
    },
    { timeoutMs: LOCK_TIMEOUT_MS },
  );
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= withLock(place.lock, () => leave(place, registration, options), { timeoutMs: LOCK_TIMEOUT_MS });
    return closing;
  };
  return { url: place.socket, socketPath: place.socket, close };
}

interface Place {
  readonly folder: string;
  readonly users: string;
  readonly lock: string;
  readonly server: string;
  readonly log: string;
  readonly socket: string;
}

function preparePlace(stateDir: string): Place {
  const folder = join(stateDir, 'redis');
  makePrivate(folder);
  // One state folder reached by two names is still one: its real path names the socket and the lock.
  const real = realpathSync(folder);
  const users = join(real, 'users');
  makePrivate(users);
  const names = { lock: join(real, 'lock'), server: join(real, 'server.pid'), log: join(real, 'server.log') };
  return { folder: real, users, ...names, socket: socketPathFor(real) };
}

function socketPathFor(folder: string): string {
  const usual = join(folder, 'redis.sock');
  if (Buffer.byteLength(usual) <= SOCKET_PATH_BYTES_MAX) return usual;
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const short = join(tmpdir(), `medic-${process.getuid?.() ?? 0}-${hash}`);
  makePrivate(short);
  return join(short, 'redis.sock');
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  const own = process.getuid?.() ?? uid;
  if (!lstatSync(folder).isDirectory() || uid !== own) throw new Error(`${folder} is not a folder of this user`);
  chmodSync(folder, 0o700);
}

async function ensureServer(place: Place, options: EmbeddedRedisOptions): Promise<void> {
  sweep(place);
  if ((await askRedis(place.socket, 'PING')) === 'PONG') return;
  if (isLineAlive(readOrEmpty(place.server))) return waitForAnswer(place);
  const program = options.serverPath ?? locateRedisServer();
  if (program === undefined) {
    throw new Error('no Redis server here: install redis-server (or valkey), or set REDIS_URL');
  }
  const pid = spawnServer(program, place);
  writeFileSync(place.server, processLine(pid), { mode: 0o600 });
  await waitForAnswer(place);
  options.logger?.info({ socket: place.socket, pid }, 'embedded redis started');
}

function spawnServer(program: string, place: Place): number {
  const settings: Record<string, string> = {
    port: '0',
    unixsocket: place.socket,
    unixsocketperm: '700',
    dir: place.folder,
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const log = openSync(place.log, 'a', 0o600);
  try {
    // Its own session: Ctrl-C and the death of the process that started it must not reach it.
    const child = spawn(program, args, { cwd: place.folder, detached: true, stdio: ['ignore', log, log] });
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    return child.pid;
  } finally {
    closeSync(log);
  }
}

async function waitForAnswer(place: Place): Promise<void> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  while ((await askRedis(place.socket, 'PING')) !== 'PONG') {
    const alive = isLineAlive(readOrEmpty(place.server));
    if (!alive || Date.now() > deadline) {
      const last = readOrEmpty(place.log).trim().split('\n').at(-1) ?? '';
      throw new Error(`the embedded Redis ${alive ? 'does not answer' : 'ended at once'}: ${last}`);
    }
    await sleep(10);
  }
}

async function leave(place: Place, registration: string, options: EmbeddedRedisOptions): Promise<void> {
  rmSync(registration, { force: true });
  sweep(place);
  if (readdirSync(place.users).length > 0) return;
  await askRedis(place.socket, 'SHUTDOWN SAVE');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isLineAlive(readOrEmpty(place.server))) {
    if (Date.now() > deadline) throw new Error(`the embedded Redis of ${place.folder} does not stop`);
    await sleep(10);
  }
  rmSync(place.server, { force: true });
  options.logger?.info({ socket: place.socket }, 'embedded redis stopped');
}

function sweep(place: Place): void {
  for (const name of readdirSync(place.users)) {
    const path = join(place.users, name);
    if (!isLineAlive(readOrEmpty(path))) rmSync(path, { force: true });
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
