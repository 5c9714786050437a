import { z } from 'zod';

/** A line of a log with what follows it until the next one; `atMs` is epoch milliseconds. */
export type LogLine = {
  readonly atMs: number;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
};

/** What a line of the daemon tells; `host` is a node's name or an address, as the daemon wrote it. */
export type LogEvent = {
  readonly kind: 'failed' | 'mismatch' | 'breaker' | 'cycle_failed' | 'worked';
  readonly atMs: number;
  readonly host?: string;
  readonly file?: string;
  readonly detail: string;
};

const MESSAGE_MAX = 2_000;
const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?`;
const BRACKETS = new RegExp(`^${DATE} \\[(\\w+)\\] ?(?:([A-Za-z_][\\w.]*): )?(.*)$`, 's');
const DASHES = new RegExp(`^${DATE} - (\\S+) - (\\w+) - (.*)$`, 's');
const Json = z.object({ timestamp: z.union([z.string(), z.number()]), level: z.string(), message: z.string() });

/** Reads a log in any of the formats that the cluster writes; a line without a time belongs to the one before. Never throws. */
export function parseLog(text: string, offsetMinutes: number): LogLine[] {
  const lines: LogLine[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = parseLine(raw, offsetMinutes);
    const last = lines.at(-1);
    if (line !== undefined) lines.push(line);
    else if (last !== undefined && raw.trim() !== '')
      lines[lines.length - 1] = { ...last, message: clipped(`${last.message} ${raw.trim()}`) };
  }
  return lines;
}

function parseLine(raw: string, offsetMinutes: number): LogLine | undefined {
  if (raw.startsWith('{')) return parseJson(raw, offsetMinutes);
  const brackets = BRACKETS.exec(raw);
  if (brackets !== null) {
    const [level = '', logger, message = ''] = brackets.slice(8);
    // The one-letter format names no logger: what looks like one belongs to the words.
    const words = level.length === 1 && logger !== undefined ? `${logger}: ${message}` : message;
    return lineOf(brackets, level, words, offsetMinutes);
  }
  const dashes = DASHES.exec(raw);
  if (dashes === null) return undefined;
  const [, level = '', message = ''] = dashes.slice(8);
  return lineOf(dashes, level, message, offsetMinutes);
}

function lineOf(parts: readonly string[], level: string, message: string, offsetMinutes: number): LogLine {
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const ms = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const utc = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0, ms);
  return { atMs: utc - offsetMinutes * 60_000, level: levelOf(level), message: clipped(message.trim()) };
}

function parseJson(raw: string, offsetMinutes: number): LogLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return undefined;
  }
  const read = Json.safeParse(value);
  if (!read.success) return undefined;
  const { timestamp, level, message } = read.data;
  const atMs = timeOf(timestamp, offsetMinutes);
  return Number.isFinite(atMs) ? { atMs, level: levelOf(level), message: clipped(message.trim()) } : undefined;
}

function timeOf(timestamp: string | number, offsetMinutes: number): number {
  if (typeof timestamp === 'number') return timestamp < 1e11 ? timestamp * 1_000 : timestamp;
  if (/(?:Z|[+-]\d\d:?\d\d)$/.test(timestamp)) return Date.parse(timestamp);
  const parts = new RegExp(`^${DATE}`).exec(timestamp);
  return parts === null ? Number.NaN : lineOf(parts, '', '', offsetMinutes).atMs;
}

function levelOf(word: string): LogLine['level'] {
  switch (word.toUpperCase().charAt(0)) {
    case 'D':
      return 'debug';
    case 'W':
      return 'warning';
    case 'E':
    case 'C':
    case 'F':
      return 'error';
    default:
      return 'info';
  }
}

type Pattern = { readonly kind: LogEvent['kind']; readonly text: RegExp };

/* Named groups say what is known of the place; the order matters where one line could be read twice. */
const PATTERNS: readonly Pattern[] = [
  { kind: 'breaker', text: /circuit breaker (?:is )?open(?:ed)?(?: for (?<host>[^\s,;:]+))?/i },
  { kind: 'mismatch', text: /^Checksum mismatch on (?<host>\S+)/ },
  { kind: 'failed', text: /^Failed to distribute (?<file>\S+) to (?<host>[^\s:]+)/ },
  { kind: 'failed', text: /^Failed to download (?<file>\S+) to (?<host>[^\s:]+): / },
  { kind: 'failed', text: /^rsync failed for (?<file>[^\s:]+): / },
  { kind: 'failed', text: /^(?<host>[^\s:]+): UNREACHABLE - / },
  { kind: 'failed', text: /^MODEL_DISTRIBUTION_FAILED \((?:final|retry)[^)]*\): (?<file>\S+) - / },
  { kind: 'failed', text: /^\[S3Distribution\] Failed to upload (?<file>[^\s:]+): / },
  { kind: 'failed', text: /^\[ModelDistribution\] Timed out waiting for (?<file>\S+) after / },
  { kind: 'failed', text: /^\[DistributionVerification\] Timeout: (?<file>\S+) only on / },
  { kind: 'cycle_failed', text: /^(?:Error in distribution daemon cycle|Distribution failed with exception): / },
  {
    kind: 'worked',
    text: /^(?:Cycle complete in|Distributing \d+ models to|Received MODEL_PROMOTED|Created \d+ model symlinks)/,
  },
  { kind: 'worked', text: /^\[Distribution\] Registered model (?<file>\S+) at (?<host>\S+) in / },
];

/** The lines that tell something about distribution; hosts and files are data, compared with the inventory and never run. */
export function eventsOf(lines: readonly LogLine[]): LogEvent[] {
  return lines.flatMap(({ atMs, message }) => {
    for (const { kind, text } of PATTERNS) {
      const match = text.exec(message);
      if (match === null) continue;
      const { host, file } = match.groups ?? {};
      const place = {
        ...(host === undefined ? {} : { host }),
        ...(file === undefined ? {} : { file: baseName(file) }),
      };
      return [{ kind, atMs, ...place, detail: message.slice(0, 300) }];
    }
    return [];
  });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function clipped(text: string): string {
  return text.length > MESSAGE_MAX ? text.slice(0, MESSAGE_MAX) : text;
}
