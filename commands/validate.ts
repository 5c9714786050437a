import type { Command, CommandContext, Reply } from '../src/contract/command.ts';
import { type Checkpoint, checkpointFault, checkpointLines } from '../src/domain/checkpoint.ts';
import { Fault, type UnknownReason } from '../src/domain/fault.ts';
import { quoteWord } from '../src/domain/nearest.ts';

type Answered = Exclude<Reply, { kind: 'begun' }>;

const USAGE = 'validate <file> [--as <model>]';

/** The gate before a distribution, for a file of the machine it is typed on; needs no medic.yaml. */
export const validate = {
  name: 'validate',
  topic: 'self',
  summary: 'In a shell: whether a local file is a sound checkpoint that may be distributed; exit 0, 1 or 4',
  usage: USAGE,
  examples: ['validate models/canonical_hex8_2p.pth', 'validate candidate.pth --as hex8_2p'],
  right: 'look',
  async handle(
    words: readonly string[],
    { readCheckpoint }: Pick<CommandContext, 'readCheckpoint'>,
  ): Promise<Answered> {
    const [file, as, model, ...more] = words;
    if (file === '--help' || file === '-h')
      return { kind: 'said', lines: [USAGE, validate.summary], json: { usage: USAGE }, exit: 0 };
    if (readCheckpoint === undefined)
      return refuse('validate reads a file of the machine it is typed on: npx medic validate <file>, in a shell.');
    const isAs = as === '--as' && model !== undefined && more.length === 0;
    if (file === undefined || file.startsWith('--') || (as !== undefined && !isAs)) return refuse(`It is ${USAGE}.`);
    const read = await attempt(() => readCheckpoint(file));
    if (read === undefined) return refuse(`${quoteWord(file)} is no file. Nothing was read.`);
    return verdictOn(file, read, model ?? modelIn(file));
  },
} satisfies Command;

function verdictOn(file: string, read: Checkpoint | Fault, model: string | undefined): Answered {
  const subject = file.replace(/^.*\//, '');
  if (read instanceof Fault) return unknown(subject, read.reason, read.message);
  if (read.fault === null && !read.read) return unknown(subject, 'no_tool', read.detail);
  const evidence = checkpointLines(read);
  const shown = evidence.map((line) => `  ${line}`);
  const fault = checkpointFault(read, model);
  const about = { unknown: [], ...(model === undefined ? {} : { model }) };
  if (fault === undefined) {
    const as = model === undefined ? '' : ` of ${model}`;
    const lines = [`✓ ${subject} is a sound checkpoint${as}; read, not loaded`, ...shown];
    return { kind: 'said', lines, json: { ...about, findings: [], evidence }, exit: 0 };
  }
  const { code, words } = fault;
  const finding = { code, model, subject, severity: 'critical', title: `${subject}: ${words}`, evidence };
  const lines = [`✗ ${subject}: ${code}: ${words}`, ...shown];
  return { kind: 'said', lines, json: { ...about, findings: [finding] }, exit: 1 };
}

function unknown(subject: string, reason: UnknownReason, detail: string): Answered {
  const lines = [`? ${subject}: ${reason}: ${detail}`];
  return { kind: 'said', lines, json: { findings: [], unknown: [{ reason, detail }] }, exit: 4 };
}

/** The model that the cluster's own names promise; another name promises nothing. */
function modelIn(file: string): string | undefined {
  return /(?:^|\/)(?:canonical|ringrift_best)_([a-z0-9]+_\dp)\.pth$/.exec(file)?.[1];
}

async function attempt<T>(read: () => Promise<T>): Promise<T | Fault> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function refuse(text: string): Answered {
  return { kind: 'refused', refusal: { code: 'usage', text } };
}
