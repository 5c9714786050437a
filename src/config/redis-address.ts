import { isIP } from 'node:net';
import type { RedisAddress } from '../contract/redis-address.ts';

type At = RedisAddress['at'];
type AtResult = { readonly ok: true; readonly at: At } | { readonly ok: false; readonly text: string };

const FORMS =
  'must be redis://host:port, rediss://[user:password@]host:port, rediss+sentinel://[user:password@]host:port,host:port/master or unix:///path';
const NO_CLUSTER =
  "names a Redis Cluster, which is not supported: one script reads several keys of a cluster's. Use one server, with sentinels (rediss+sentinel://) where it has to fail over";
const SENTINELS = /^(rediss?)\+sentinel:\/\/(?:([^:@/]*):([^@/]*)@)?([^/@]+)\/([A-Za-z0-9._-]{1,64})(?:\/(\d{1,3}))?$/;

/** Is it this machine? Names are not looked up; only `localhost` and loopback addresses count. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** Reads REDIS_URL; what leaves this machine has to be TLS. The text never holds the value, which has a password in it. */
export function readRedisAt(value: string): AtResult {
  if (/^rediss?[+-]cluster:/.test(value)) return { ok: false, text: NO_CLUSTER };
  if (/^rediss?\+sentinel:/.test(value)) return readSentinels(value);
  const url = URL.parse(value);
  if (url?.protocol === 'unix:' && url.host === '' && url.pathname.startsWith('/'))
    return { ok: true, at: { kind: 'server', url: value } };
  if ((url?.protocol !== 'redis:' && url?.protocol !== 'rediss:') || url.hostname === '')
    return { ok: false, text: FORMS };
  if (url.protocol === 'redis:' && !isLoopback(url.hostname))
    return { ok: false, text: 'reaches another machine without TLS: use rediss://' };
  // The client would take options from a query, another host among them.
  if (!/^(?:\/\d*)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    const text = 'may end with the number of a database, as in redis://127.0.0.1:6379/0, and with nothing else';
    return { ok: false, text };
  }
  return { ok: true, at: { kind: 'server', url: value } };
}

function readSentinels(value: string): AtResult {
  const [, scheme, user, password, hosts = '', master = '', database = '0'] = SENTINELS.exec(value) ?? [];
  const sentinels = hosts.split(',').map((text) => {
    const [, host = '', port = ''] = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text) ?? [];
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  });
  if (master === '' || sentinels.some(({ host, port }) => host === '' || port < 1 || port > 65_535))
    return {
      ok: false,
      text: 'must be rediss+sentinel://[user:password@]host:port,host:port/<what the sentinels call the master>',
    };
  const tls = scheme === 'rediss';
  if (!tls && !sentinels.every(({ host }) => isLoopback(host)))
    return { ok: false, text: 'reaches another machine without TLS: use rediss+sentinel://' };
  const named = { user: plain(user), password: plain(password), database: Number(database) };
  return { ok: true, at: { kind: 'sentinels', sentinels, master, tls, ...named } };
}

function plain(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
