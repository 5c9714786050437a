import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { PlacedFault } from '../contract/inventory.ts';
import { isLoopback, readRedisAt } from './redis-address.ts';
import { createSecret, type Secret } from './secret.ts';
import { readTraces, type TracesConfig } from './traces.ts';

/** The environment of contract.md, each variable checked; null where it is unset or empty. */
export type Environment = {
  readonly configFile: string | null;
  readonly inventoryFile: string | null;
  readonly knownHostsFile: string | null;
  /** A worker's ceilings; by default `ceilings.yaml` in its state folder. */
  readonly ceilingsFile: string | null;
  readonly redisUrl: Secret | null;
  /** PEM of the authority of Redis' certificates. */
  readonly redisCa: string | null;
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
  /** null: none are made. */
  readonly traces: TracesConfig | null;
};

/** The variables as the process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Slack's own Web API; anything else must be on this machine. */
export const SLACK_API_URL = 'https://slack.com/api/';

const SECRET_BYTES_MAX = 64 * 1024;

/** What a token may be made of; headers may have blanks. */
const TOKEN = /^[\x21-\x7e]+$/;
const HEADERS = /^[\x20-\x7e]+$/;

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
  const secret = (name: string): string | null => readSecret(env, { name, cwd, may: TOKEN }, add);
  const botToken = secret('SLACK_BOT_TOKEN');
  const appToken = secret('SLACK_APP_TOKEN');
  if (botToken?.startsWith('xapp-')) add('SLACK_BOT_TOKEN', 'is an app token (xapp-): the bot token begins with xoxb-');
  if (appToken?.startsWith('xoxb-')) add('SLACK_APP_TOKEN', 'is a bot token (xoxb-): the app token begins with xapp-');
  const redis = readRedis(secret('REDIS_URL'), path('REDIS_CA_FILE'), add);
  const headers = readSecret(env, { name: 'OTEL_EXPORTER_OTLP_HEADERS', cwd, may: HEADERS }, add);
  const environment: Environment = {
    configFile: path('MEDIC_CONFIG'),
    inventoryFile: path('MEDIC_INVENTORY'),
    knownHostsFile: path('MEDIC_KNOWN_HOSTS'),
    ceilingsFile: path('MEDIC_CEILINGS'),
    redisUrl: wrap(redis.url),
    redisCa: redis.ca,
    slackApiUrl: checkSlackApiUrl(valueOf(env, 'SLACK_API_URL'), add),
    botToken: wrap(botToken),
    appToken: wrap(appToken),
    signingSecret: wrap(secret('SLACK_SIGNING_SECRET')),
    alertsToken: wrap(secret('ALERTS_TOKEN')),
    sourceToken: wrap(secret('SOURCE_TOKEN')),
    host: checkHost(valueOf(env, 'HOST') ?? '127.0.0.1', add),
    port: checkPort(env, 'PORT', 3000, add),
    workerPort: checkPort(env, 'MEDIC_WORKER_PORT', 3001, add),
    traces: readTraces((name) => valueOf(env, name), headers, add),
  };
  return { environment, faults };
}

function valueOf(env: Variables, name: string): string | null {
  const value = env[name]?.trim() ?? '';
  // Compose files and shells hand on empty variables for what nobody set.
  return value === '' ? null : value;
}

function readSecret(
  env: Variables,
  { name, cwd, may }: { readonly name: string; readonly cwd: string; readonly may: RegExp },
  add: Add,
): string | null {
  const value = valueOf(env, name);
  const file = valueOf(env, `${name}_FILE`);
  if (value !== null && file !== null) {
    add(`${name}_FILE`, `is set beside ${name}: set one of the two`);
    return null;
  }
  if (file === null) return value === null ? null : printable(name, value);
  try {
    const text = readFileSync(resolve(cwd, file));
    const content = text.length > SECRET_BYTES_MAX ? '' : text.toString('utf8').trim();
    if (content !== '') return printable(`${name}_FILE`, content);
    add(`${name}_FILE`, `names a file that is empty or larger than ${SECRET_BYTES_MAX} bytes`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    add(`${name}_FILE`, `names a file that cannot be read (${code})`);
  }
  return null;

  function printable(place: string, text: string): string | null {
    if (may.test(text)) return text;
    add(place, 'has spaces, line breaks or other characters that no token has');
    return null;
  }
}

function wrap(value: string | null): Secret | null {
  return value === null ? null : createSecret(value);
}

/** The URL, if it can be one, and the authority of its certificates. */
function readRedis(value: string | null, caFile: string | null, add: Add): { url: string | null; ca: string | null } {
  const read = value === null ? undefined : readRedisAt(value);
  if (read?.ok === false) add('REDIS_URL', read.text);
  const url = read?.ok === true ? value : null;
  if (caFile === null) return { url, ca: null };
  if (url !== null && !url.startsWith('rediss'))
    add('REDIS_CA_FILE', 'is set, but REDIS_URL speaks no TLS: use rediss://');
  try {
    const ca = readFileSync(caFile, 'utf8');
    if (ca.includes('-----BEGIN CERTIFICATE-----')) return { url, ca };
    add('REDIS_CA_FILE', 'names a file without a certificate in PEM');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    add('REDIS_CA_FILE', `names a file that cannot be read (${code})`);
  }
  return { url, ca: null };
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
