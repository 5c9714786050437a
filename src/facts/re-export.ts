import { z } from 'zod';
import type { Fact } from '../contract/fact.ts';
import { Sha256 } from '../domain/digest.ts';
import { Fault } from '../domain/fault.ts';
import { RE_EXPORT_MARK, shellReExport } from './re-export-program.ts';
import { shellEnter, shellStart } from './shell.ts';

const Text = z.string().transform((text) => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300));
const Answer = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('made'), digest: Sha256, bytes: z.int().min(1), torch: Text }),
  z.strictObject({ result: z.enum(['refused', 'died']), detail: Text }),
]);

/** What a re-export of a file would be; `no_torch`: no Python of the node has torch. Nothing is written by asking. */
export type ReExported = z.infer<typeof Answer> | { readonly result: 'no_torch' };

/** Where a file lies, and where the Python that loads it. */
export type ReExportPlace = {
  readonly root: string;
  readonly venv: string | null;
  readonly dir: string;
  readonly folderId: string;
};

/** Makes the re-export of a file in memory, in a process without network where the system allows it, and tells its digest. */
export function reExport(place: ReExportPlace, file: string, digest: Sha256): Fact<ReExported> {
  return {
    name: 're-export',
    script: SCRIPT,
    args: [place.root, place.venv ?? '', place.dir, place.folderId, file, digest],
    timeoutMs: 600_000,
    outputBytesMax: 100_000,
    parse({ code, stdout, stderr }) {
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (code === 10) throw new Fault('no_folder', said);
      if (code === 11) return { result: 'no_torch' };
      const text = Buffer.from(stdout).toString('utf8').trim();
      if (code !== 0 || !text.startsWith(RE_EXPORT_MARK))
        throw new Fault('parse', `no re-export could be made: ${said}`);
      try {
        return Answer.parse(JSON.parse(text.slice(RE_EXPORT_MARK.length)));
      } catch {
        throw new Fault('parse', 'the answer about a re-export cannot be read');
      }
    },
  };
}

const SCRIPT = `${shellStart}${shellEnter}${shellReExport}
enter "$3" "$4"
torch_of "$1" "$2"
[ -n "$python" ] || fail 11 'no Python there has torch'
confine
re_export "./$5" "$6" ''
printf '%s\\n' "$said"
`;
