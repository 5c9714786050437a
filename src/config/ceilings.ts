import { existsSync } from 'node:fs';
import type { CeilingsRead } from '../contract/ceilings.ts';
import { Ceilings } from '../domain/ceilings.ts';
import { didYouMean } from '../domain/nearest.ts';
import { readGuardedFile } from '../inventory/guarded-file.ts';
import { readYamlText } from '../inventory/yaml-text.ts';

const BYTES_MAX = 256 * 1024;
const KEYS = ['changesPerNodeHour', 'changesPerClusterHour', 'never', 'nodes', 'models', 'repairs'];

/** Reads the ceilings of a worker; without the file there are none. `uid`: the service's user, null where the system has none. */
export function readCeilings(file: string, uid: number | null): CeilingsRead {
  if (!existsSync(file)) return { ok: true, ceilings: Ceilings.parse({}) };
  const guarded = readGuardedFile({ path: file, uid, bytesMax: BYTES_MAX });
  if (!guarded.ok) return { ok: false, faults: [{ place: file, text: guarded.text }] };
  const yaml = readYamlText({ text: guarded.text, file, version: '1.2' });
  const parsed = Ceilings.safeParse(yaml.value ?? {});
  if (parsed.success && yaml.faults.length === 0) return { ok: true, ceilings: parsed.data };
  const faults = (parsed.error?.issues ?? []).map((issue) => ({
    place: yaml.place(issue.path),
    text:
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.join(', ')} is no key of this file.${didYouMean(issue.keys[0] ?? '', KEYS)}`
        : issue.message,
  }));
  return { ok: false, faults: [...yaml.faults, ...faults] };
}
