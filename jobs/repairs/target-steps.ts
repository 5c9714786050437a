import { makeFolderArgv, unmakeFolderArgv } from '../../src/actions/make-folder.ts';
import { unplaceModelArgv } from '../../src/actions/place-model.ts';
import { retireAliasArgv, unretireAliasArgv } from '../../src/actions/retire-alias.ts';
import { setAlias, setAliasArgv, unsetAliasArgv } from '../../src/actions/set-alias.ts';
import type { EntryState, WantedState } from '../../src/domain/entry-state.ts';
import type { RecordedDigest } from '../../src/domain/expected.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Step, TransportName } from '../../src/domain/plan.ts';
import type { Tool } from '../../src/facts/survey-answer.ts';
import { entryWords } from '../checks/alias-fault.ts';

/** A step before it has its place in the plan. */
export type StepDraft = Step extends infer S ? (S extends Step ? Omit<S, 'id'> : never) : never;

/** The folder that steps work in: its path, and `dev:inode` or `new`. */
export type Place = { readonly folder: string; readonly folderId: string };

const BYTES_PER_SECOND_MIN = 500_000;
const TRANSFER_MS_MIN = 120_000;

/** Makes the alias a link to its canonical file. */
export function linkStep({ folder, folderId }: Place, { alias, canonical }: Model, before: EntryState): StepDraft {
  const change = { folder, folderId, alias, canonical, before };
  const kept = before.kind === 'file' ? '; the file that is there is kept' : '';
  return {
    kind: 'run',
    title: `link ${alias} -> ${canonical} (now ${entryWords(before)}${kept})`.slice(0, 300),
    argv: setAliasArgv(change),
    timeoutMs: setAlias.timeoutMs,
    undo: { kind: 'run', argv: unsetAliasArgv(change) },
  };
}

/** Takes an alias away that leads nowhere. */
export function retireStep(
  { folder, folderId }: Place,
  alias: string,
  before: Extract<EntryState, { kind: 'link' }>,
): StepDraft {
  const retirement = { folder, folderId, alias, before };
  return {
    kind: 'run',
    title: `retire ${alias} ${entryWords(before)}`.slice(0, 300),
    argv: retireAliasArgv(retirement),
    timeoutMs: setAlias.timeoutMs,
    undo: { kind: 'run', argv: unretireAliasArgv(retirement) },
  };
}

/** Makes the models folder. */
export function folderStep(folder: string, parentId: string): StepDraft {
  return {
    kind: 'run',
    title: 'make the models folder',
    argv: makeFolderArgv({ folder, parentId }),
    timeoutMs: setAlias.timeoutMs,
    undo: { kind: 'run', argv: unmakeFolderArgv({ folder, parentId }) },
  };
}

/** Brings a model from the source and puts it in place; the time allowed is that of a slow link. */
export function sendStep(options: {
  readonly place: Place;
  readonly model: Model;
  readonly wanted: RecordedDigest;
  readonly source: string;
  /** Where it lies there, when not under its own name. */
  readonly sourcePath?: string;
  readonly before: EntryState;
  readonly transports: readonly TransportName[];
}): StepDraft {
  const { place, model, wanted, source, sourcePath, before, transports } = options;
  const { folder, folderId } = place;
  const file = model.canonical;
  const kept = before.kind === 'file' ? ', the old file is kept' : '';
  return {
    kind: 'transfer',
    title: `send ${file} (${megabytes(wanted.bytes)}) from ${source}${kept}`.slice(0, 300),
    timeoutMs: Math.max(TRANSFER_MS_MIN, Math.ceil((wanted.bytes / BYTES_PER_SECOND_MIN) * 1_000)),
    undo: { kind: 'run', argv: unplaceModelArgv({ folder, folderId, file, before }) },
    model: model.name,
    file,
    digest: wanted.digest,
    bytes: wanted.bytes,
    mtimeS: wanted.mtimeS,
    sources: [source],
    ...(sourcePath === undefined || sourcePath === file ? {} : { sourcePath }),
    transports: [...transports],
    folder,
    folderId,
    before,
  };
}

/** The ways to send to a node with these tools, the best first; what a person named is tried alone. */
export function transportsFor(tools: ReadonlySet<Tool>, named?: readonly TransportName[]): readonly TransportName[] {
  if (named !== undefined) return named;
  return [...(tools.has('rsync') ? ['rsync' as const] : []), 'stream', ...(tools.has('curl') ? ['http' as const] : [])];
}

/** What the canonical name is after its file was sent. */
export function sentState(step: StepDraft): WantedState {
  if (step.kind !== 'transfer') throw new Error(`${step.title} sends nothing`);
  return { kind: 'file', size: step.bytes, mtimeNs: `${step.mtimeS}000000000` };
}

/** What an alias is after it was linked. */
export function linkedState({ canonical }: Model): WantedState {
  return { kind: 'link', text: canonical };
}

/** Gives steps their ids, in the order in which they run. */
export function numbered(drafts: readonly StepDraft[]): Step[] {
  return drafts.map((draft, index) => ({ ...draft, id: `step-${index + 1}` }));
}

/** `40 MB`, `1.2 MB`. */
export function megabytes(bytes: number): string {
  const value = bytes / 1_000_000;
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} MB`;
}
