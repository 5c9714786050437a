import type { Fact } from '../contract/fact.ts';
import type { EntryState } from '../domain/entry-state.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';
import { nanoseconds } from './survey-answer.ts';

/** A file or link by its path below the models folder; nothing of it was read. */
export type HeldFile = {
  readonly path: string;
  readonly state: Extract<EntryState, { kind: 'file' | 'link' }>;
  readonly bytes: number;
  /** When its bytes, names or rights last changed, seconds since the epoch by the node's clock. */
  readonly ctimeS: number;
  /** How many names its bytes have. */
  readonly names: number;
  readonly readable: boolean;
};

/** What lies under some names of a models folder and in quarantine; `clockS`: the node's clock. */
export type HeldFiles = {
  readonly folderId: string;
  readonly clockS: number;
  readonly files: readonly HeldFile[];
};

const FIELDS = 4;

/** Lists those of these names that are there, and everything that lies in quarantine. */
export function heldFiles(dir: string | null, names: readonly string[]): Fact<HeldFiles> {
  if (dir === null) throw new Fault('no_folder', 'the inventory gives this node no models folder');
  return {
    name: 'held-files',
    script: SCRIPT,
    args: [dir, ...names],
    timeoutMs: 60_000,
    outputBytesMax: 1_000_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().slice(0, 200);
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 13) throw new Fault('permission', said);
      const fields = Buffer.from(stdout).toString('utf8').split('\0');
      const [title, folderId = '', clock = ''] = fields;
      const rest = fields.slice(3, -2);
      if (title !== 'held-files' || fields.at(-2) !== 'whole' || rest.length % FIELDS !== 0 || !/^\d+$/.test(clock))
        throw new Fault('parse', `what is kept could not be listed to the end: ${said}`);
      return { folderId, clockS: Number(clock), files: filesOf(rest) };
    },
  };
}

function filesOf(fields: readonly string[]): HeldFile[] {
  const files: HeldFile[] = [];
  for (let at = 0; at < fields.length; at += FIELDS) {
    const [path = '', kind = '', numbers = '', text = ''] = fields.slice(at);
    const [, inode, size, names, mtime = '', ctime = ''] = /^(\d+) (\d+) (\d+) (\S+) (\S+)$/.exec(numbers) ?? [];
    if (inode === undefined || size === undefined) throw new Fault('parse', `${path} cannot be read`);
    const [mtimeNs, ctimeNs] = [nanoseconds(mtime), nanoseconds(ctime)];
    const isLink = kind === 'l';
    files.push({
      path,
      state: isLink
        ? { kind: 'link', text, leadsTo: 'other' }
        : { kind: 'file', size: Number(size), mtimeNs, ctimeNs, inode },
      bytes: isLink ? 0 : Number(size),
      ctimeS: Number(ctimeNs.slice(0, -9)),
      names: Number(names),
      readable: kind === 'f',
    });
  }
  return files;
}

/* A name may go while it is listed: then it is not there. Links are told of themselves; a folder behind a link is nobody's quarantine. */
const SCRIPT = `${shellStart}${shellEnter}
enter "$1" any
shift
printf '%s\\0' held-files "$(identity .)" "$(date +%s)"
tell() {
  path=$1 kind=u text=
  if [ -L "./$1" ]; then
    kind=l
    text=$(readlink -n "./$1" && printf x) || return 0
  elif [ ! -f "./$1" ]; then return 0
  elif [ -r "./$1" ]; then kind=f
  fi
  if numbers=$(stat -c '%i %s %h %Y %y %Z %z' "./$1" 2>/dev/null); then
    set -- $numbers
    mtime=$4 ctime=$8 late=\${10}
    case $6 in *.*) mtime=$4.\${6#*.} ;; esac
    case $late in *.*) ctime=$8.\${late#*.} ;; esac
    numbers="$1 $2 $3 $mtime $ctime"
  else
    numbers=$(stat -f '%i %z %l %Fm %Fc' "./$1" 2>/dev/null) || return 0
  fi
  printf '%s\\0' "$path" $kind "$numbers" "\${text%x}"
}
for name do tell "$name"; done
if [ -d .medic/quarantine ] && [ ! -L .medic ] && [ ! -L .medic/quarantine ]; then
  [ -r .medic/quarantine ] && [ -x .medic/quarantine ] || fail 13 'quarantine may not be read'
  for kept in .medic/quarantine/*/*; do
    [ -L "\${kept%/*}" ] || tell "$kept"
  done
fi
printf '%s\\0' whole
`;
