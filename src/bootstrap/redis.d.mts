/** A Redis server that is already here: MEDIC_REDIS_SERVER, on PATH, or unpacked before; undefined when there is none. */
export function locateRedisServer(): string | undefined;
/** A Redis server's path, brought if need be: installed as root on Debian, unpacked into the cache as an ordinary user. */
export function findRedisServer(): Promise<string>;
