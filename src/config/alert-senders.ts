import { resolve } from 'node:path';
import { z } from 'zod';
import type { PlacedFault } from '../contract/inventory.ts';
import { readGuardedFile } from '../inventory/guarded-file.ts';
import { createSecret, type Secret } from './secret.ts';

const TOKEN_BYTES_MAX = 4_096;
const MUST_BE_NAME = 'must be a name of letters, digits, ".", "_" and "-", as alertmanager';
const MUST_BE_FILES = 'must be one or two files that hold a token each: the one in use and the next';

/** Who may tell alerts: a name, and the files that hold its tokens. */
export const AlertsSection = z.strictObject({
  senders: z
    .record(
      z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, { error: MUST_BE_NAME }),
      z.strictObject({
        tokens: z
          .array(z.string().regex(/^[^\p{Cc}]+$/u), { error: MUST_BE_FILES })
          .min(1, { error: MUST_BE_FILES })
          .max(2, { error: MUST_BE_FILES }),
      }),
    )
    .default({}),
});

/** A sender with its tokens as they are now. */
export type AlertSender = { readonly name: string; readonly tokens: readonly Secret[] };

/** Reads the tokens' files, relative to `base`; one that cannot be read, or holds no token, is a fault that names the file and never what is in it. */
export function readAlertSenders(
  { senders }: z.infer<typeof AlertsSection>,
  { base, file, uid }: { readonly base: string; readonly file: string; readonly uid: number | null },
): { readonly senders: readonly AlertSender[]; readonly faults: readonly PlacedFault[] } {
  const faults: PlacedFault[] = [];
  const read = Object.entries(senders).map(([name, { tokens }]) => ({
    name,
    tokens: tokens.flatMap((path, index) => {
      const place = `${file} alerts.senders.${name}.tokens[${index}]`;
      const found = readGuardedFile({ path: resolve(base, path), uid, bytesMax: TOKEN_BYTES_MAX });
      if (!found.ok) {
        faults.push({ place, text: `names a file that ${found.text}` });
        return [];
      }
      const token = found.text.trim();
      if (/^[\x21-\x7e]{8,}$/.test(token)) return [createSecret(token)];
      faults.push({ place, text: 'names a file without a token: at least 8 printable characters and no spaces' });
      return [];
    }),
  }));
  return { senders: read, faults };
}
