import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { PlacedFault } from '../contract/inventory.ts';
import { createSecret, type Secret } from './secret.ts';

/** The environment of contract.md, each variable checked; null where it is unset or empty. */
export type Environment = {
  readonly configFile: string | null;
  readonly inventoryFile: string | null;
  readonly knownHostsFile: string | null;
  readonly redisUrl: Secret | null;
  /** Ends with a slash. */
  readonly slackApiUrl: string;
  readonly botToken: Secret | null;
  readonly appToken: Secret | null;
  readonly signingSecret: Secret | null;
  readonly alertsToken: Secret | null;
  /** Sent by nodes that pull models over HTTP. */
  readonly sourceToken: Secret | null;
  readonly host: string;
  readonly port: number;
  readonly workerPort: number;
};

/** The variables as the process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Slack's own Web API; anything else must be on this machine. */
export const SLACK_API_URL = 'https://slack.com/api/';

const SECRET_BYTES_MAX = 64 * 1024;

type Add = (place: string, text: string) => void;

/** Reads and checks every variable; a faulty one counts as unset, so that the rest is checked too. Faults never hold a value. */
export function readEnvironment(
  env: Variables,
  cwd: string,
): { readonly environment: Environment; readonly faults: readonly PlacedFault[] } {
  const faults: PlacedFault[] = [];
  const add: Add = (place, text) => faults.push({ place, text });
  const path = (name: string): string | null => {
    const value = valueOf(env, name);
    return value === null ? null : resolve(cwd, value);
  };
  const secret = (name: string): string | null => readSecret(env, name, cwd, add);
  const botToken = secret('SLACK_BOT_TOKEN');
  const appToken = secret('SLACK_APP_TOKEN');
  if (botToken?.startsWith('xapp-')) add('SLACK_BOT_TOKEN', 'is an app token (xapp-): the bot token begins with xoxb-');
  if (appToken?.startsWith('xoxb-')) add('SLACK_APP_TOKEN', 'is a bot token (xoxb-): the app token begins with xapp-');
  const environment: Environment = {
    configFile: path('MEDIC_CONFIG'),
    inventoryFile: path('MEDIC_INVENTORY'),
    knownHostsFile: path('MEDIC_KNOWN_HOSTS'),
    redisUrl: wrap(checkRedisUrl(secret('REDIS_URL'), add)),
    slackApiUrl: checkSlackApiUrl(valueOf(env, 'SLACK_API_URL'), add),
    botToken: wrap(botToken),
    appToken: wrap(appToken),
    signingSecret: wrap(secret('SLACK_SIGNING_SECRET')),
    alertsToken: wrap(secret('ALERTS_TOKEN')),
    sourceToken: wrap(secret('SOURCE_TOKEN')),
    host: checkHost(valueOf(env, 'HOST') ?? '127.0.0.1', add),
    port: checkPort(env, 'PORT', 3000, add),
    workerPort: checkPort(env, 'MEDIC_WORKER_PORT', 3001, add),
  };
  return { environment, faults };
}

/** Is it this machine? Names are not looked up; only `localhost` and loopback addresses count. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

function valueOf(env: Variables, name: string): string | null {
  const value = env[name]?.trim() ?? '';
  // Compose files and shells hand on empty variables for what nobody set.
  return value === '' ? null : value;
}

function readSecret(env: Variables, name: string, cwd: string, add: Add): string | null {
  const value = valueOf(env, name);
  const file = valueOf(env, `${name}_FILE`);
  if (value !== null && file !== null) {
    add(`${name}_FILE`, `is set beside ${name}: set one of the two`);
    return null;
  }
  if (file === null) return value === null ? null : printable(name, value, add);
  try {
    const text = readFileSync(resolve(cwd, file));
    const content = text.length > SECRET_BYTES_MAX ? '' : text.toString('utf8').trim();
    if (content !== '') return printable(`${name}_FILE`, content, add);
    add(`${name}_FILE`, `names a file that is empty or larger than ${SECRET_BYTES_MAX} bytes`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    add(`${name}_FILE`, `names a file that cannot be read (${code})`);
  }
  return null;
}

function printable(place: string, value: string, add: Add): string | null {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  add(place, 'has spaces, line breaks or other characters that no token has');
  return null;
}

function wrap(value: string | null): Secret | null {
  return value === null ? null : createSecret(value);
}

function checkRedisUrl(value: string | null, add: Add): string | null {
  if (value === null) return null;
  const url = URL.parse(value);
  if (url?.protocol === 'unix:' && url.host === '' && url.pathname.startsWith('/')) return value;
  if ((url?.protocol !== 'redis:' && url?.protocol !== 'rediss:') || url.hostname === '') {
    add('REDIS_URL', 'must be redis://host:port, rediss://host:port or unix:///path');
    return null;
  }
  if (url.protocol === 'redis:' && !isLoopback(url.hostname)) {
    add('REDIS_URL', 'reaches another machine without TLS: use rediss://');
    return null;
  }
  // The client would take options from a query, another host among them.
  if (!/^(?:\/\d*)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    add('REDIS_URL', 'may end with the number of a database, as in redis://127.0.0.1:6379/0, and with nothing else');
    return null;
  }
  return value;
}

function checkSlackApiUrl(value: string | null, add: Add): string {
  if (value === null) return SLACK_API_URL;
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    add('SLACK_API_URL', `must be ${SLACK_API_URL}, or an http(s) address on this machine`);
    return SLACK_API_URL;
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    add('SLACK_API_URL', 'must be a plain address: no user, password, "?" or "#"');
    return SLACK_API_URL;
  }
  const base = url.href.endsWith('/') ? url.href : `${url.href}/`;
  if (base === SLACK_API_URL || isLoopback(url.hostname)) return base;
  add('SLACK_API_URL', `is not Slack's and not on this machine: the bot's token would go there. Use ${SLACK_API_URL}`);
  return SLACK_API_URL;
}

function checkHost(value: string, add: Add): string {
  if (isIP(value) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value)) return value;
  add('HOST', 'must be an address or a host name to listen on, as 127.0.0.1');
  return '127.0.0.1';
}

function checkPort(env: Variables, name: string, fallback: number, add: Add): number {
  const value = valueOf(env, name);
  if (value === null) return fallback;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  add(name, 'must be a port: a number from 0 to 65535');
  return fallback;
}
