import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Fault } from '../domain/fault.ts';
import { shellEnter, shellStart } from './shell.ts';

/** Up to where a log was read: which file, how far, and the checksum of its first bytes, which tells a new file of the same number apart. */
export const LogPosition = z.strictObject({
  file: z.string(),
  offset: z.int().min(0),
  head: z.string(),
});
export type LogPosition = z.infer<typeof LogPosition>;

/** What came since: whole lines, and the position behind them. `lost`: the old file is gone, or was emptied, with something unread. */
export type FollowedLog = {
  readonly position: LogPosition;
  readonly text: string;
  readonly offsetMinutes: number;
  /** More is there than was read at once. */
  readonly more: boolean;
  readonly lost: boolean;
};

const HEAD_BYTES = 256;
/** Longest part of one line that is waited for; a longer line is taken in parts. */
const LINE_BYTES_MAX = 16_384;

/**
 * Reads a log on from a position, at most `bytesMax` bytes. After a rotation the rest of the old file is read first, under whatever name it
 * has in the same folder; a file that was emptied, or another one under the same name and number, is read from its beginning. Without a position it
 * begins at the end.
 */
export function followedLog(
  root: string,
  path: string,
  position: LogPosition | undefined,
  bytesMax: number,
): Fact<FollowedLog> {
  const { file, offset, head } = position ?? { file: '', offset: 0, head: '0:0' };
  return {
    name: 'followed-log',
    script: SCRIPT,
    args: [root, path, file, String(offset), head, String(bytesMax), String(HEAD_BYTES)],
    timeoutMs: 30_000,
    outputBytesMax: bytesMax + 4_096,
    parse({ code, stdout, stderr }) {
      if (code === 13) throw new Fault('permission', stderr.trim().slice(0, 200));
      const answer = Buffer.from(stdout);
      const end = answer.indexOf(10);
      const [mark, zone = '', now = '', from = '', size = '', sum = '', lost = ''] = answer
        .subarray(0, Math.max(0, end))
        .toString('utf8')
        .split(' ');
      const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
      if (code !== 0 || mark !== 'log' || sign === undefined)
        throw new Fault('parse', `the log could not be read: ${stderr.trim().slice(0, 200)}`);
      const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      // What comes to be later is read from its beginning.
      const nothing = position ?? { file: '-', offset: 0, head: '0:0' };
      if (now === '-') return { position: nothing, text: '', offsetMinutes, more: false, lost: false };
      const bytes = answer.subarray(end + 1);
      // Nobody ends the last line of a file that another one has followed.
      const isEnd = lost === 'ended' && Number(from) + bytes.length >= Number(size);
      const whole = isEnd ? bytes : wholeLines(bytes, bytesMax);
      const next = { file: now, offset: Number(from) + whole.length, head: sum };
      const text = whole.toString('utf8').replaceAll('\0', '');
      return {
        position: next,
        text,
        offsetMinutes,
        more: lost === 'ended' || (whole.length > 0 && next.offset < Number(size)),
        lost: lost === 'lost',
      };
    },
  };
}

/** Up to the last line break; a line that never ends is taken as far as it came. */
function wholeLines(bytes: Buffer, bytesMax: number): Buffer {
  const end = bytes.lastIndexOf(10) + 1;
  return end === 0 && bytes.length >= Math.min(LINE_BYTES_MAX, bytesMax) ? bytes : bytes.subarray(0, end);
}

/*
 * Answers one line `log ZONE FILE FROM SIZE HEAD LOST` and then bytes. A head is `LENGTH:CHECKSUM` of the first bytes, as many as were read by then
 * and at most HEAD_BYTES: they never change while a log only grows.
 */
const SCRIPT = `${shellStart}${shellEnter}
resolve "$1"
name=$2 known=$3 offset=$4 head=$5 bytes=$6 heads=$7
zone=$(date +%z)
size() { wc -c <"$1" | tr -d ' '; }
headof() {
  if [ "$2" -eq 0 ]; then printf 0:0; return; fi
  sum=$(head -c "$2" "$1" | cksum)
  printf '%s:%s' "$2" "\${sum%% *}"
}
long() { [ -f "$1" ] && [ -r "$1" ] && [ "$(size "$1")" -ge "$offset" ] && [ "$(headof "$1" "\${head%%:*}")" = "$head" ]; }
same() { [ -f "$1" ] && [ "$(identity "$1")" = "$known" ] && long "$1"; }
tell() {
  all=$(size "$1")
  upto=$(($2 + bytes))
  [ "$upto" -le "$all" ] || upto=$all
  count=$heads
  [ "$count" -le "$upto" ] || count=$upto
  printf 'log %s %s %s %s %s %s\\n' "$zone" "$(identity "$1")" "$2" "$all" "$(headof "$1" "$count")" "$3"
  tail -c "+$(($2 + 1))" "$1" | head -c "$bytes"
  exit 0
}
nothing() { printf 'log %s -\\n' "$zone"; exit 0; }
live=$folder/$name
if [ -f "$live" ] && [ ! -r "$live" ]; then fail 13 "$name may not be read"; fi
if [ -z "$known" ]; then
  [ -f "$live" ] || nothing
  tell "$live" "$(size "$live")" kept
fi
if same "$live"; then tell "$live" "$offset" kept; fi
lost=lost
[ "$known" != - ] || lost=kept
for old in "$live".* "\${live%.*}"[-._]*; do
  [ "$old" != "$live" ] || continue
  same "$old" || { [ "\${head%%:*}" -ge 64 ] && long "$old"; } || continue
  lost=kept
  if [ ! -s "$live" ]; then tell "$old" "$offset" kept; fi
  if [ "$(size "$old")" -gt "$offset" ]; then tell "$old" "$offset" ended; fi
  break
done
[ -f "$live" ] || nothing
tell "$live" 0 "$lost"
`;
