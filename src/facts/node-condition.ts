import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** What a models folder has besides its models, and the node's clock. */
export type NodeCondition = {
  /** The node's clock, seconds since the epoch. */
  readonly clockS: number;
  /** Whether medic may write where it keeps what it replaces; true where there is nothing yet. */
  readonly ownWritable: boolean;
  readonly quarantineBytes: number;
  /** Temporary files of transfers to these models, whoever began them, by bare name or `.rsync-partial/NAME`. */
  readonly temporaries: readonly Temporary[];
};

/** A temporary file: `medic` drew its name, or rsync or the cluster's own copying did. */
export type Temporary = {
  readonly name: string;
  readonly owner: 'medic' | 'other';
  readonly bytes: number;
  readonly mtimeS: number;
};

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES_MAX = 200_000;
const FIELDS_OF_TEMPORARY = 3;
const OURS = /^\.medic-[0-9a-f]{32}(?:\.t)?$/;

/** Asks for the clock, for what lies beside the models of these file names, and for the size of the quarantine. */
export function nodeCondition(dir: string, folderId: string, files: readonly string[]): Fact<NodeCondition> {
  return {
    name: 'node-condition',
    script: SCRIPT,
    args: [dir, folderId, ...files],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: OUTPUT_BYTES_MAX,
    parse({ code, stdout, stderr }) {
      const fields = Buffer.from(stdout).toString('utf8').split('\0');
      const [title, clock = '', own, quarantine = ''] = fields;
      const whole = title === 'node-condition' && fields.at(-2) === 'whole' && /^\d+$/.test(clock);
      if (code !== 0 || !whole || !/^\d+$/.test(quarantine))
        throw new Fault('parse', `nobody can tell what lies beside the models: ${stderr.trim().slice(0, 200)}`);
      return {
        clockS: Number(clock),
        ownWritable: own === 'yes',
        quarantineBytes: Number(quarantine) * 1024,
        temporaries: temporariesOf(fields.slice(4, -2)),
      };
    },
  };
}

function temporariesOf(fields: readonly string[]): Temporary[] {
  if (fields.length % FIELDS_OF_TEMPORARY !== 0) throw new Fault('parse', 'a temporary file is told in part');
  const found: Temporary[] = [];
  for (let at = 0; at < fields.length; at += FIELDS_OF_TEMPORARY) {
    const [name = '', bytes = '', mtime = ''] = fields.slice(at);
    if (!/^\d+$/.test(bytes) || !/^-?\d+$/.test(mtime)) throw new Fault('parse', 'size or time of a temporary file');
    found.push({ name, owner: OURS.test(name) ? 'medic' : 'other', bytes: Number(bytes), mtimeS: Number(mtime) });
  }
  return found;
}

/* A name may go while it is looked at: then it is no leftover, and nothing is said of it. */
const SCRIPT = `${shellStart}${shellEnter}
enter "$1" "$2"
shift 2
own=yes
for part in .medic .medic/quarantine .medic/lease; do
  if [ -d "$part" ] && [ ! -w "$part" ]; then own=no; fi
done
kept=0
if [ -d .medic/quarantine ] && [ ! -L .medic/quarantine ]; then
  kept=$(du -sk .medic/quarantine 2>/dev/null)
  kept=\${kept%%[!0-9]*}
fi
printf '%s\\0' node-condition "$(date +%s)" $own "\${kept:-0}"
tell() {
  for left do
    if [ -L "./$left" ] || [ ! -f "./$left" ]; then continue; fi
    if numbers=$(stat -c '%s %Y' "./$left" 2>/dev/null) || numbers=$(stat -f '%z %m' "./$left" 2>/dev/null); then
      printf '%s\\0' "$left" "\${numbers% *}" "\${numbers#* }"
    fi
  done
}
for left in .medic-*; do
  drawn=\${left#.medic-}
  drawn=\${drawn%.t}
  case $drawn in *[!0-9a-f]*) continue ;; esac
  [ \${#drawn} -ne 32 ] || tell "$left"
done
for name do
  tell ."$name".?????? "$name.tmp" ".rsync-partial/$name"
done
printf '%s\\0' whole
`;
