import { z } from 'zod';
import type { Model } from '../domain/model.ts';
import { FileName, ModelName } from '../domain/names.ts';

/** The cluster's twelve configurations, for an installation that names none. */
export const DEFAULT_CONFIGS = ['hex8', 'square8', 'square19', 'hexagonal'].flatMap((board) =>
  ['2p', '3p', '4p'].map((players) => `${board}_${players}`),
);

const PLACEHOLDER = '{config}';
const MUST_BE_PATTERN = 'must be a file name with {config} in it exactly once, as canonical_{config}.pth';
const MUST_BE_CONFIG =
  'must be a configuration of letters, digits, "_" and "-", as hex8_2p; "on" and "to" are taken by the commands';

const Config = ModelName.refine((name) => name !== 'on' && name !== 'to', { error: MUST_BE_CONFIG });
const Pattern = z
  .string({ error: MUST_BE_PATTERN })
  .refine((text) => text.split(PLACEHOLDER).length === 2 && isSafe(text.replace(PLACEHOLDER, 'x')), {
    error: MUST_BE_PATTERN,
  });

/** The section `models` of medic.yaml; a name that two files would share is a fault. */
export const ModelsSection = z
  .strictObject({
    configs: z
      .array(
        z.string({ error: MUST_BE_CONFIG }).refine((name) => Config.safeParse(name).success, { error: MUST_BE_CONFIG }),
        { error: 'must be a list of configurations' },
      )
      .min(1, { error: 'must name at least one configuration' })
      .max(1_000, { error: 'must name at most 1000 configurations' })
      .default(DEFAULT_CONFIGS),
    canonical: Pattern.default('canonical_{config}.pth'),
    alias: Pattern.default('ringrift_best_{config}.pth'),
  })
  .superRefine((section, context) => {
    const seen = new Map<string, string>();
    for (const [index, model] of modelsOf(section).entries()) {
      for (const [key, file] of [
        ['canonical', model.canonical],
        ['alias', model.alias],
      ] as const) {
        // A coordinator may be a Mac, whose file system does not tell A from a.
        const earlier = seen.get(file.toLowerCase());
        const other = earlier === undefined ? null : `${key} file "${file}" is also ${earlier}`;
        if (other !== null)
          context.addIssue({ code: 'custom', path: ['configs', index], message: `${other}: names must differ` });
        else if (!isSafe(file))
          context.addIssue({
            code: 'custom',
            path: ['configs', index],
            message: `makes no safe name for the ${key} file`,
          });
        seen.set(file.toLowerCase(), `the ${key} file of ${model.name}`);
      }
    }
  });

/** The models that a section names, in its order. */
export function modelsOf(section: {
  readonly configs: readonly string[];
  readonly canonical: string;
  readonly alias: string;
}): Model[] {
  return section.configs.map((name) => ({
    name,
    canonical: section.canonical.replace(PLACEHOLDER, () => name),
    alias: section.alias.replace(PLACEHOLDER, () => name),
  }));
}

/** Names with a leading dash read as options, and `.medic…` is where medic keeps its own. */
function isSafe(file: string): boolean {
  return FileName.safeParse(file).success && !file.startsWith('-') && !file.toLowerCase().startsWith('.medic');
}
