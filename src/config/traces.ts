import { createSecret, type Secret } from './secret.ts';

/** Where spans go, and what is sent along with them. */
export type TracesConfig = {
  readonly url: string;
  /** As OTEL_EXPORTER_OTLP_HEADERS has them; null: none. */
  readonly headers: Secret | null;
};

type Add = (place: string, text: string) => void;

const ALL = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const OF_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];
const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';

/** The standard variables for traces, as `value` gives them; null: no endpoint is set, so that no traces are made. */
export function readTraces(
  value: (name: string) => string | null,
  headers: string | null,
  add: Add,
): TracesConfig | null {
  const place = value(OF_TRACES) === null ? ALL : OF_TRACES;
  const endpoint = value(place);
  if (endpoint === null) return null;
  const trouble = troubleOf(endpoint);
  if (trouble !== undefined) add(place, trouble);
  for (const name of PROTOCOLS) {
    if (value(name)?.startsWith('http/') === false)
      add(name, 'must be http/json or not set: traces are sent by OTLP over HTTP, most often to port 4318');
  }
  if (headers !== null && headersIn(headers) === undefined)
    add(HEADERS, 'must be name=value,name=value, each value as in a URL (a blank is %20)');
  if (trouble !== undefined) return null;
  // By the standard the common endpoint is a base, that of traces a whole address.
  const url = place === ALL ? `${endpoint.replace(/\/+$/, '')}/v1/traces` : endpoint;
  return { url, headers: headers === null ? null : createSecret(headers) };
}

/** What stands in OTEL_EXPORTER_OTLP_HEADERS, by name; undefined: it cannot be read. */
export function headersIn(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(pair));
  try {
    const found = pairs.map((pair) => [pair?.[1] ?? '', decodeURIComponent(pair?.[2] ?? '')] as const);
    return found.every(([name, header]) => name !== '' && !/[\r\n]/.test(header))
      ? Object.fromEntries(found)
      : undefined;
  } catch {
    return undefined;
  }
}

function troubleOf(endpoint: string): string | undefined {
  const url = URL.parse(endpoint);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return 'must be the http(s) address of a collector, as http://127.0.0.1:4318';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return `must be a plain address: no user, password, "?" or "#"; a token goes into ${HEADERS}`;
  return undefined;
}
