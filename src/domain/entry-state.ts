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

/**
 * The one text that names a state exactly, given to scripts as a precondition: `absent`, `link:<text>`,
 * `file:<inode>:<size>:<mtime in ns>`, `folder`, `other`. ctime is left out: taking a hard link changes it.
 */
export function stateToken(state: EntryState): string {
  if (state.kind === 'link') return `link:${state.text}`;
  if (state.kind === 'file') return `file:${state.inode}:${state.size}:${state.mtimeNs}`;
  return state.kind;
}
