import { z } from 'zod';

/** User and path that the cluster assumes where an entry has none. */
export const HOST_DEFAULTS = { user: 'ubuntu', path: '~/ringrift/ai-service', port: 22 } as const;

const MUST_BE_HOST = 'must be a host name or an address, without spaces or a leading dash';
const MUST_BE_USER = 'must be a user name of letters, digits, ".", "_" and "-", not beginning with a dash';
const MUST_BE_PATH = 'must be an absolute path or begin with ~/, without "..", and without control characters';
const MUST_BE_WORD = 'must be one word of letters, digits, ".", "_", ":" and "-"';
const MUST_BE_PORT = 'must be a port: a number from 1 to 65535, without quotes';
const MUST_BE_BOOLEAN = 'must be true or false';

const Host = z.string({ error: MUST_BE_HOST }).regex(/^[A-Za-z0-9:_][A-Za-z0-9:._%-]{0,252}$/, { error: MUST_BE_HOST });
const User = z.string({ error: MUST_BE_USER }).regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/, { error: MUST_BE_USER });
const Path = z
  .string({ error: MUST_BE_PATH })
  .max(1_024, { error: 'must be at most 1024 characters long' })
  .regex(/^(?:\/|~\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, { error: MUST_BE_PATH });
const Word = z.string({ error: MUST_BE_WORD }).regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$/, { error: MUST_BE_WORD });
const Port = z.int({ error: MUST_BE_PORT }).min(1, { error: MUST_BE_PORT }).max(65_535, { error: MUST_BE_PORT });
const Flag = z.boolean({ error: MUST_BE_BOOLEAN });
// Free text of people. A number, a date or `no` without quotes is still what they wrote.
const Prose = z
  .union([z.string(), z.number(), z.boolean(), z.date()], { error: 'must be text' })
  .transform((value) => (value instanceof Date ? value.toISOString().slice(0, 10) : String(value)))
  .transform((value) => value.replace(/[\p{C}\p{Z}]+/gu, ' ').trim());

/** One entry under `hosts` as the cluster writes it; keys that are not needed here are let through unread. */
export const HostEntry = z.object(
  {
    ssh_host: Host.nullish(),
    ssh_port: Port.nullish(),
    tailscale_ip: Host.nullish(),
    ssh_user: User.nullish(),
    ssh_key: Path.nullish(),
    ssh_proxy: Word.nullish(),
    // Present and null is a proxy; absent is the default.
    ringrift_path: Path.nullish(),
    use_external_storage: Flag.nullish(),
    storage_paths: z.object({ models: Path.nullish() }, { error: 'must be a map of paths' }).nullish(),
    // Parsed and never run; what is no `source …/bin/activate` names no environment.
    venv_activate: z.unknown().optional(),
    role: Word.nullish(),
    status: Word.nullish(),
    gpu: Prose.nullish(),
    note: Prose.nullish(),
    is_ephemeral: Flag.nullish(),
    skip_sync_receive: Flag.nullish(),
    proxy_only: Flag.nullish(),
    untrusted: Flag.nullish(),
  },
  { error: 'must be a map of keys such as ssh_host and ssh_user' },
);
export type HostEntry = z.infer<typeof HostEntry>;

/** The environment that an entry's `venv_activate` names. */
export function venvOf({ venv_activate: text }: HostEntry): string | null {
  if (typeof text !== 'string') return null;
  const [, path = ''] = /^\s*(?:source|\.)\s+(\S+)\/bin\/activate\s*$/.exec(text) ?? [];
  return Path.safeParse(path).data ?? null;
}

/** The part of the file beside `hosts` that says who does not receive files. */
export const SyncRouting = z.object(
  { excluded_hosts: z.array(z.string({ error: 'must be a name' }), { error: 'must be a list of names' }).nullish() },
  { error: 'must be a map' },
);
