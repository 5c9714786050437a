import { canInstall, ensureDebianPackages } from './packages.mjs';
import { isExecutable, onPath, plainError } from './run.mjs';
import { unpackDebian, wrapperPath } from './unpack.mjs';

const HOW = 'install redis-server (or valkey), or run `docker compose up redis` and set REDIS_URL';

/** A Redis server that is already here: MEDIC_REDIS_SERVER, on PATH, or unpacked before; undefined when there is none. */
export function locateRedisServer() {
  const given = process.env.MEDIC_REDIS_SERVER;
  if (given && isExecutable(given)) return given;
  const cached = wrapperPath('redis', 'redis-server');
  return onPath('redis-server', 'valkey-server') ?? (isExecutable(cached) ? cached : undefined);
}

/** A Redis server's path, brought if need be: installed as root on Debian, unpacked into the cache as an ordinary user. */
export async function findRedisServer() {
  const found = locateRedisServer();
  if (found) return found;
  if (canInstall()) {
    await ensureDebianPackages(['redis-server'], 'the embedded Redis');
    const installed = onPath('redis-server', 'valkey-server');
    if (installed) return installed;
  }
  if (!onPath('apt-get')) throw plainError(`no Redis server here: ${HOW}`);
  try {
    const bundle = { bundle: 'redis', packages: ['redis-server', 'redis-tools'], programs: ['usr/bin/redis-server'] };
    const [wrapper] = await unpackDebian({ ...bundle, why: 'the embedded Redis' });
    return wrapper;
  } catch (error) {
    throw error.plain ? plainError(`${error.message}; ${HOW}`) : error;
  }
}
