import { type Sha256, shortDigest } from '../domain/digest.ts';
import type { EntryState } from '../domain/entry-state.ts';
import type { Expected } from '../domain/expected.ts';
import { fingerprint } from '../domain/host-key.ts';
import type { ModelName } from '../domain/names.ts';
import { stateWords } from '../domain/outside.ts';
import type { Step, Target } from '../domain/plan.ts';
import type { Kit } from './kit.ts';

/** Digests of files that are replaced, where a look has hashed them: nothing is read for it. */
export async function rememberedDigests(
  { digests }: Kit,
  { node, steps, before }: Target,
): Promise<Map<string, Sha256>> {
  const known = new Map<string, Sha256>();
  for (const step of steps) {
    const state = step.kind === 'transfer' ? before[step.file] : undefined;
    if (step.kind !== 'transfer' || state?.kind !== 'file') continue;
    const { inode, size, mtimeNs, ctimeNs } = state;
    const digest = await digests.get([node, step.folderId, inode, size, mtimeNs, ctimeNs].join(' '));
    if (digest !== undefined) known.set(step.file, digest);
  }
  return known;
}

/** A line a name, for the receipt; verified weights carry the digest that the check has just proved. */
export function linesOf(
  states: Readonly<Record<string, EntryState>>,
  proved: ReadonlyMap<ModelName, Expected> | undefined,
  target: Target,
): string[] {
  return Object.entries(states).map(([name, state]) => {
    const digest = proved === undefined ? undefined : target.steps.flatMap((step) => digestIn(step, name))[0];
    return `${name}: ${stateWords(state)}${digest === undefined ? '' : ` ${shortDigest(digest)} ✓`}`;
  });
}

/** By which host key a node was known, and is. */
export function keyLines({ steps }: Target, when: 'before' | 'after'): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'trust') return [];
    const keys = when === 'after' ? [step.key] : step.withdrawn;
    const words = keys.length === 0 ? 'not known' : keys.map(fingerprint).join(', ');
    return [`host key: ${words}${when === 'after' ? ' ✓' : ''}`];
  });
}

function digestIn(step: Step, name: string): Sha256[] {
  return (step.kind === 'transfer' || step.kind === 'await') && step.file === name ? [step.digest] : [];
}
