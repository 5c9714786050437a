import { z } from 'zod';

/** What a name in a models folder is, as lstat tells it; times are nanoseconds since the epoch as text, because they pass 2^53. */
export const EntryState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({
    kind: z.literal('link'),
    text: z.string(),
    /** What the link leads to in the end. */
    leadsTo: z.enum(['file', 'folder', 'nothing', 'loop', 'other']),
  }),
  z.strictObject({
    kind: z.literal('file'),
    size: z.int().min(0),
    mtimeNs: z.string(),
    ctimeNs: z.string(),
    inode: z.string(),
  }),
  z.strictObject({ kind: z.literal('folder') }),
  z.strictObject({ kind: z.literal('other') }),
]);
export type EntryState = z.infer<typeof EntryState>;

/** What a name is to be after a change: what it holds, without what only the disk decides. */
export const WantedState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('link'), text: z.string() }),
  z.strictObject({
    kind: z.literal('file'),
    size: z.int().min(0),
    mtimeNs: z.string(),
    /** Known of a file that was there; tells it from other bytes of the same size and time. */
    inode: z.string().optional(),
  }),
]);
export type WantedState = z.infer<typeof WantedState>;

/** A state as something to come back to; undefined for what no step makes: folders and special files. */
export function wantedOf(state: EntryState): WantedState | undefined {
  if (state.kind === 'absent') return { kind: 'absent' };
  if (state.kind === 'link') return { kind: 'link', text: state.text };
  if (state.kind !== 'file') return undefined;
  const { size, mtimeNs, inode } = state;
  return { kind: 'file', size, mtimeNs, inode };
}

/** Whether a name is what it was to be, as far as size and time tell; a copy that was brought back has another inode. */
export function isWanted(state: EntryState, wanted: WantedState): boolean {
  if (state.kind === 'link' && wanted.kind === 'link') return state.text === wanted.text;
  if (state.kind === 'file' && wanted.kind === 'file')
    return state.size === wanted.size && state.mtimeNs === wanted.mtimeNs;
  return state.kind === 'absent' && wanted.kind === 'absent';
}

/** Whether a name is the very thing that was meant: the same file, not only one of its size and time. */
export function isVery(state: EntryState, wanted: WantedState): boolean {
  if (!isWanted(state, wanted)) return false;
  return state.kind !== 'file' || wanted.kind !== 'file' || wanted.inode === undefined || wanted.inode === state.inode;
}

/**
 * The one text that names a state exactly, given to scripts as a precondition: `absent`, `link:<text>`,
 * `file:<inode>:<size>:<mtime in ns>`, `folder`, `other`. ctime is left out: taking a hard link changes it.
 */
export function stateToken(state: EntryState): string {
  if (state.kind === 'link') return `link:${state.text}`;
  if (state.kind === 'file') return `file:${state.inode}:${state.size}:${state.mtimeNs}`;
  return state.kind;
}
