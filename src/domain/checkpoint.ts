import type { FindingCode } from './finding.ts';
import { MODEL_BYTES_MIN } from './model.ts';

/** A checkpoint as its container and the opcodes of its pickle tell it; nothing in it was run. */
export type Checkpoint = {
  /** What is wrong with the container itself; null: nothing that could be seen. */
  readonly fault: 'model_truncated' | 'format_invalid' | 'format_corrupt' | 'format_legacy' | 'load_refused' | null;
  /** False: nothing there could read the pickle, so nobody knows what it asks for. */
  readonly read: boolean;
  /** What is wrong, or how far it could be tested; shown to people. */
  readonly detail: string;
  readonly bytes: number;
  /** From the metadata inside; null where it has none. */
  readonly board: string | null;
  readonly players: number | null;
  readonly torchVersion: string | null;
  readonly metadataKeys: readonly string[];
  /** What the pickle asks for when it is loaded, as `module.name`; `?` is one whose name is made while loading. */
  readonly globals: readonly string[];
  /** Version of torch's file format and byte order, as the container says them. */
  readonly fileVersion: string | null;
  readonly byteOrder: string | null;
};

/** Why a checkpoint must not be played or sent: a finding's code, and words that follow the file's name. */
export type CheckpointFault = { readonly code: FindingCode; readonly words: string };

const REBUILDS = ['parameter', 'parameter_with_state', 'qtensor', 'sparse_tensor', 'tensor', 'tensor_v2', 'tensor_v3'];
const STORAGES = 'BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int Long Short Typed Untyped';
const DTYPES = 'bfloat16 bool complex64 complex128 float16 float32 float64 int8 int16 int32 int64 uint8';

/** What every torch that knows weights_only lets a pickle ask for; anything else may be code. */
const ALLOWED: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch.Size',
  'torch.Tensor',
  'torch.device',
  'torch.nn.parameter.Parameter',
  'torch.serialization._get_layout',
  'torch.storage.TypedStorage',
  'torch.storage.UntypedStorage',
  'torch.storage._TypedStorage',
  'torch.storage._UntypedStorage',
  ...REBUILDS.map((name) => `torch._utils._rebuild_${name}`),
  ...STORAGES.split(' ').map((name) => `torch.${name}Storage`),
  ...DTYPES.split(' ').map((name) => `torch.${name}`),
]);

/** What is wrong with a checkpoint, one fault for one cause: container, then what it would run, then the model it says it is. */
export function checkpointFault(checkpoint: Checkpoint, model?: string): CheckpointFault | undefined {
  const { fault, detail, bytes } = checkpoint;
  if (fault !== null) return { code: fault, words: detail };
  if (bytes < MODEL_BYTES_MIN)
    return { code: 'format_invalid', words: `${bytes.toLocaleString('en-US')} bytes are too few for a model` };
  const strange = checkpoint.globals.filter((name) => !ALLOWED.has(name));
  if (strange.length > 0) {
    const more = strange.length > 3 ? ` and ${strange.length - 3} more` : '';
    return {
      code: 'load_refused',
      words: `a safe load refuses it: it asks for ${strange.slice(0, 3).join(', ')}${more}`,
    };
  }
  const wrong = model === undefined ? undefined : misfit(checkpoint, model);
  return wrong === undefined ? undefined : { code: 'metadata_wrong', words: wrong };
}

/** What can be told of a checkpoint beside its faults, as lines of evidence. */
export function checkpointLines(checkpoint: Checkpoint): string[] {
  const { globals, metadataKeys, torchVersion, fileVersion, byteOrder, board, players } = checkpoint;
  const storages = globals.flatMap((name) => /^torch\.(\w+)Storage$/.exec(name)?.[1] ?? []);
  return [
    checkpoint.detail,
    ...(fileVersion === null ? [] : [`torch file version ${fileVersion}, byte order ${byteOrder ?? 'not said'}`]),
    ...(storages.length === 0 ? [] : [`weights: ${storages.join(', ')}`]),
    ...(metadataKeys.length === 0 ? [] : [`metadata: ${metadataKeys.join(', ')}`]),
    ...(board === null ? [] : [`says it is ${board}, ${players ?? 'unknown'} players`]),
    ...(torchVersion === null ? [] : [`saved by torch ${torchVersion}`]),
    ...(globals.length === 0 ? [] : [`asks for ${globals.join(', ')}`]),
  ].map((line) => line.slice(0, 500));
}

/** Whether a checkpoint's metadata contradict the model's name, `hex8_2p` or so; words about it, or nothing. */
function misfit(checkpoint: Checkpoint, model: string): string | undefined {
  const [, board, players] = /^(.+)_(\d)p$/.exec(model) ?? [];
  if (board === undefined || players === undefined) return undefined;
  if (checkpoint.board !== null && plainBoard(checkpoint.board) !== plainBoard(board)) {
    return `its metadata say ${checkpoint.board}, its name says ${board}`;
  }
  if (checkpoint.players !== null && checkpoint.players !== Number(players)) {
    return `its metadata say ${checkpoint.players} players, its name says ${players}`;
  }
  return undefined;
}

/** `BoardType.HEX8`, `sq8` and `square8` are words of one cluster for two boards. */
function plainBoard(board: string): string {
  const bare = board.toLowerCase().replace(/^.*\./, '');
  return bare.replace(/^sq(?=\d)/, 'square').replace(/^hex$/, 'hexagonal');
}

/** What a pickle may ask for, and the torch that first had it. */
const SINCE: Readonly<Record<string, readonly [number, number]>> = {
  'torch._utils._rebuild_tensor_v3': [2, 1],
  'torch.storage.TypedStorage': [2, 0],
  'torch.storage.UntypedStorage': [2, 0],
};
/** Of the zip container. */
const CONTAINER_SINCE = [1, 6] as const;

/** Why this version of torch cannot load a checkpoint that is sound, in words; undefined: nothing that the file asks for speaks against it. */
export function tooOldFor({ globals }: Pick<Checkpoint, 'globals'>, version: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const isOlder = ([wanted, than]: readonly [number, number]): boolean =>
    Number(major) < wanted || (Number(major) === wanted && Number(minor) < than);
  const asked = globals.find((name) => SINCE[name] !== undefined && isOlder(SINCE[name]));
  if (asked !== undefined) return `it asks for ${asked}, which torch has since ${SINCE[asked]?.join('.') ?? ''}`;
  return isOlder(CONTAINER_SINCE) ? `its format is that of torch ${CONTAINER_SINCE.join('.')} and later` : undefined;
}
