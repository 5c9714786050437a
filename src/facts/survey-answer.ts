import type { Fact } from '../contract/fact.ts';
import type { EntryState } from '../domain/entry-state.ts';
import { Fault } from '../domain/fault.ts';

/** Programs whose presence a survey tells. */
export type Tool = 'rsync' | 'openssl' | 'python3' | 'sha256sum' | 'shasum' | 'curl' | 'unzip';

/** A models folder as one round trip saw it. */
export type Survey = {
  /** The folder's path as asked for; `id` is `dev:inode`. Null: there is none. */
  readonly folder: {
    readonly path: string;
    readonly id: string;
    readonly writable: boolean;
    readonly isLink: boolean;
  } | null;
  /** Where the folder is missing: the folder that it belongs into, or null when that is missing too. */
  readonly parent: { readonly id: string; readonly writable: boolean } | null;
  /** By file name, canonical and alias of every model asked for; what is not there is `absent`. */
  readonly entries: ReadonlyMap<string, EntryState>;
  /** Of the disk the folder is on (bytes, as an ordinary user may use them); null: the node would not say. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly tools: ReadonlySet<Tool>;
  /** Whether a program for an atomic rename over a link is there. */
  readonly canRename: boolean;
  /** Links in the folder, whoever made them, that lead to something and to nothing: none alive and several dead may be a lost disk. */
  readonly links: { readonly alive: number; readonly dead: number };
  /** How many names in the folder end in .pth, whatever they are. */
  readonly modelNames: number;
};

type Answer = Parameters<Fact<Survey>['parse']>[0];

const FIELDS_OF_RECORD = 8;
const TOOLS: readonly string[] = [
  'rsync',
  'openssl',
  'python3',
  'sha256sum',
  'shasum',
  'curl',
  'unzip',
] satisfies Tool[];

/** Reads a survey's answer; a name that the node said nothing about, or an answer cut short, is a Fault and never `absent`. */
export function parseSurvey(answer: Answer, dir: string, names: readonly string[]): Survey {
  const said = answer.stderr.trim().slice(0, 200);
  if (answer.code === 4) throw new Fault('no_folder', said);
  if (answer.code === 5) throw new Fault('permission', said);
  const fields = Buffer.from(answer.stdout).toString('utf8').split('\0');
  if (answer.code !== 0 || fields[0] !== 'models-survey' || fields.at(-2) !== 'whole') {
    throw new Fault('parse', `the survey ended with ${answer.code} and no whole answer${said && `: ${said}`}`);
  }
  const [, kind = '', writable, isLink, tools = '', alive, dead, modelNames] = fields;
  const [disk = '', ...rest] = fields.slice(8, -4);
  const [errors = '', rename] = fields.slice(-4, -2);
  const records = recordsOf(rest);
  const id = records.get('.')?.id;
  const isWritable = writable === 'yes';
  if (kind !== 'far' && id === undefined)
    throw new Fault('parse', `the folder was not described: ${errors.slice(0, 200)}`);
  const there = kind === 'folder' && id !== undefined;
  return {
    folder: there ? { path: dir, id, writable: isWritable, isLink: isLink === 'yes' } : null,
    parent: kind === 'missing' && id !== undefined ? { id, writable: isWritable } : null,
    entries: entriesOf(names, there ? records : new Map(), there ? errors : undefined),
    disk: kind === 'far' ? null : diskFrom(disk),
    tools: new Set(tools.split(' ').filter(isTool)),
    canRename: rename === 'yes',
    links: { alive: Number(alive), dead: Number(dead) },
    modelNames: Number(modelNames),
  };
}

const ABSENT = { kind: 'absent' } as const;

type EntryRecord = {
  readonly type: string;
  readonly leads: string;
  readonly id: string;
  readonly size: string;
  readonly mtime: string;
  readonly ctime: string;
  readonly text: string;
};

function recordsOf(fields: readonly string[]): ReadonlyMap<string, EntryRecord> {
  if (fields.length % FIELDS_OF_RECORD !== 0) throw new Fault('parse', 'a record of the survey is cut short');
  const records = new Map<string, EntryRecord>();
  for (let at = 0; at < fields.length; at += FIELDS_OF_RECORD) {
    const [name = '', type = '', leads = '', id = '', size = '', mtime = '', ctime = '', text = ''] = fields.slice(at);
    records.set(name, { type, leads, id, size, mtime, ctime, text });
  }
  return records;
}

/** A name without a record is absent only when the node said of exactly so many names that there is no such file. */
function entriesOf(
  names: readonly string[],
  records: ReadonlyMap<string, EntryRecord>,
  errors: string | undefined,
): Survey['entries'] {
  const missing = names.filter((name) => !records.has(name)).length;
  const lines = errors?.split('\n').filter((line) => line.endsWith('No such file or directory')).length ?? missing;
  if (lines !== missing)
    throw new Fault('parse', `nothing was told about ${missing} names: ${errors?.slice(0, 200) ?? ''}`);
  return new Map(
    names.map((name) => {
      const record = records.get(name);
      return [name, record === undefined ? ABSENT : entryFrom(record, name)];
    }),
  );
}

function entryFrom(record: EntryRecord, name: string): EntryState {
  if (record.type === 'l') return { kind: 'link', text: record.text, leadsTo: leadsTo(record.leads) };
  if (record.type === 'd') return { kind: 'folder' };
  if (record.type !== 'f') return { kind: 'other' };
  const [, inode] = /^\d+:(\d+)$/.exec(record.id) ?? [];
  if (inode === undefined || !/^\d+$/.test(record.size))
    throw new Fault('parse', `inode or size of ${name} cannot be read`);
  return {
    kind: 'file',
    size: Number(record.size),
    mtimeNs: nanoseconds(record.mtime),
    ctimeNs: nanoseconds(record.ctime),
    inode,
  };
}

function leadsTo(letter: string): Extract<EntryState, { kind: 'link' }>['leadsTo'] {
  switch (letter) {
    case 'f':
      return 'file';
    case 'd':
      return 'folder';
    case 'N':
      return 'nothing';
    case 'L':
      return 'loop';
    default:
      return 'other';
  }
}

/** Seconds and their fraction written together, as the change scripts write them; find gives ten digits, stat nine or none. */
export function nanoseconds(time: string): string {
  const [, seconds, fraction = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(time) ?? [];
  if (seconds === undefined) throw new Fault('parse', `a time cannot be read: ${time.slice(0, 40)}`);
  return `${seconds}${fraction.padEnd(9, '0').slice(0, 9)}`;
}

function diskFrom(text: string): Survey['disk'] {
  const line = text.trim().split('\n').at(-1) ?? '';
  const [, used, free] = /\s\d+\s+(\d+)\s+(-?\d+)\s+\d+%\s+\//.exec(line) ?? [];
  if (used === undefined || free === undefined) return null;
  const freeBytes = Math.max(0, Number(free)) * 1024;
  return { freeBytes, totalBytes: Number(used) * 1024 + freeBytes };
}

function isTool(word: string): word is Tool {
  return TOOLS.includes(word);
}
