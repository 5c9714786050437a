import type { Scope } from './entry.ts';
import type { Refusal } from './fault.ts';
import type { Model } from './model.ts';
import { didYouMean, quoteWord } from './nearest.ts';
import type { Node } from './node.ts';
import { defaultNodes, resolveNodeSet } from './node-set.ts';
import { type Flag, parseTarget } from './words.ts';

/** The scope that words ask for, with the flags that were given; or the one sentence that says what is wrong. */
export type AskedScope =
  | {
      readonly ok: true;
      readonly scope: Scope;
      readonly flags: ReadonlyMap<string, readonly string[]>;
      /** What was said in words; the rest of the scope is the default. */
      readonly named: { readonly models: boolean; readonly nodes: boolean; readonly checks: boolean };
    }
  | { readonly ok: false; readonly refusal: Refusal };

/** What has to be known of a check to choose it. */
export type KnownCheck = { readonly name: string; readonly byDefault?: boolean; readonly probe?: true };

/** The checks that run when none is named. */
export function usualChecks(checks: readonly KnownCheck[]): string[] {
  return checks.filter(({ byDefault }) => byDefault !== false).map(({ name }) => name);
}

/** Reads `[model...] [on <node set>] [--only <check,...>]`; without names: all models, every active target and the coordinator, all checks that run by default. */
export function askedScope(
  words: readonly string[],
  known: {
    readonly models: readonly Model[];
    readonly nodes: readonly Node[];
    readonly checks: readonly KnownCheck[];
    readonly flags: readonly Flag[];
  },
): AskedScope {
  const parsed = parseTarget(words, known.models, known.flags);
  if (!parsed.ok) return parsed;
  const { models, on, flags } = parsed.target;
  // A probe is asked for by its own words, never by naming a check.
  const checks = known.checks.filter(({ probe }) => probe !== true).map(({ name }) => name);
  const only = flags.get('only') ?? [];
  const stranger = only.find((name) => !checks.includes(name));
  if (stranger !== undefined) {
    return refuse(
      'check_unknown',
      `${quoteWord(stranger)} is no check.${didYouMean(stranger, checks) || ` Checks are ${checks.join(', ')}.`} Nothing was run.`,
    );
  }
  const nodes = on === null ? { ok: true as const, nodes: defaultNodes(known.nodes) } : resolveNodeSet(on, known.nodes);
  if (!nodes.ok) return nodes;
  const reachable = nodes.nodes.filter(({ modelsDir }) => modelsDir !== null);
  if (reachable.length === 0)
    return refuse('node_set_empty', 'No node of this set has a models folder. Nothing was run.');
  return {
    ok: true,
    scope: {
      models: models.length > 0 ? [...models] : known.models.map(({ name }) => name),
      nodes: reachable.map(({ name }) => name),
      checks: only.length > 0 ? [...only] : usualChecks(known.checks),
    },
    flags,
    named: { models: models.length > 0, nodes: on !== null, checks: only.length > 0 },
  };
}

function refuse(code: Refusal['code'], text: string): AskedScope {
  return { ok: false, refusal: { code, text } };
}
