import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import type { Checkpoint } from '../domain/checkpoint.ts';
import { Fault } from '../domain/fault.ts';
import { GATE_PROGRAM } from './gate-program.ts';
import { shellEnter, shellStart } from './shell.ts';

const TIMEOUT_MS = 900_000;
const OUTPUT_BYTES_MAX = 2_000_000;

const Text = z.string().max(300).transform(visible);
const Answer = z.strictObject({
  fault: z
    .enum(['model_truncated', 'format_invalid', 'format_corrupt', 'format_legacy', 'load_refused'])
    .nullable()
    .default(null),
  read: z.boolean().default(false),
  detail: Text,
  bytes: z.int().min(0),
  board: Text.nullable().default(null),
  players: z.int().nullable().default(null),
  torchVersion: Text.nullable().default(null),
  metadataKeys: z.array(Text).max(60).default([]),
  globals: z.array(Text).max(202).default([]),
  fileVersion: Text.nullable().default(null),
  byteOrder: Text.nullable().default(null),
});

/** Reads what checkpoints are, all of them in one round trip. The pickle inside is read opcode by opcode and never executed. */
export function checkpointGate(
  dir: string,
  folderId: string,
  names: readonly string[],
): Fact<ReadonlyMap<string, Checkpoint>> {
  return {
    name: 'checkpoint-gate',
    script: SCRIPT,
    args: [dir, folderId, ...names],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse: (answer) => {
      const lines = Buffer.from(answer.stdout).toString('utf8').split('\n').slice(0, -1);
      if (answer.code === 13) throw new Fault('permission', answer.stderr.trim().slice(0, 200));
      if (answer.code !== 0 || lines.length !== names.length) {
        throw new Fault('parse', `checkpoints could not be read to the end: ${answer.stderr.trim().slice(0, 200)}`);
      }
      return new Map(names.map((name, index) => [name, parseLine(lines[index] ?? '')]));
    },
  };
}

function parseLine(line: string): Checkpoint {
  try {
    return Answer.parse(JSON.parse(line));
  } catch {
    throw new Fault('parse', 'the answer about a checkpoint cannot be read');
  }
}

/** Names inside a file were chosen by whoever made it; control characters and direction marks are shown as `?`. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

/*
 * python3 runs isolated, or a module lying in the models folder would be loaded; its memory and time are limited where the
 * system allows it. Without python3 the pickle stays unread, and only begin, end and, with unzip, the checksums are told.
 */
const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
shift 2
for name do [ -r "./$name" ] || fail 13 "$name may not be read"; done
if command -v python3 >/dev/null 2>&1 && python3 -I -c 'import zipfile, pickletools, json' 2>/dev/null; then
  ulimit -v 2097152 2>/dev/null
  ulimit -t 800 2>/dev/null
  exec python3 -I -c '${GATE_PROGRAM}' "$@"
fi
say() { printf '{"fault":%s,"bytes":%s,"detail":"%s"}\\n' "$1" "$2" "$3"; }
plain() {
  set -- "./$1" "$(od -An -tx1 -N4 "./$1" | tr -d ' \\n')" "$(tail -c 22 "./$1" | od -An -tx1 -N4 | tr -d ' \\n')" "$(wc -c <"./$1" | tr -d ' ')"
  case $2 in
    504b0304) ;;
    80028a0a) say '"format_legacy"' "$4" 'it is in the format of torch before 1.6'; return ;;
    *) say '"format_invalid"' "$4" 'it does not begin as a checkpoint'; return ;;
  esac
  if [ "$3" != 504b0506 ]; then say '"model_truncated"' "$4" 'its end is missing'
  elif ! command -v unzip >/dev/null 2>&1; then say null "$4" 'begin and end are right; no python3 there to read what is between'
  elif unzip -tqq "$1" </dev/null >/dev/null 2>&1; then say null "$4" 'every checksum inside is right; no python3 there to read the rest'
  else say '"format_corrupt"' "$4" 'a checksum inside is wrong'
  fi
}
for name do plain "$name"; done
`;
