import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type Config, DEFAULT_STATE_DIR, type LoadConfigOptions, loadConfig, SMALL_FILE_BYTES_MAX } from '../config.ts';
import type { PlacedFault } from '../contract/inventory.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import { readGuardedFile } from '../inventory/guarded-file.ts';
import { readYamlText, type YamlText } from '../inventory/yaml-text.ts';
import { readEnvironment } from './environment.ts';
import { FilePath, faultsOf } from './medic-yaml.ts';
import { besidePath, shownPath } from './paths.ts';

/** The clusters of an installation, or every fault of environment and all files. */
export type LoadInstallationResult =
  | { readonly ok: true; readonly clusters: readonly Config[] }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] };

/** `only`: the names of the clusters that this process serves; absent: all. */
export type LoadInstallationOptions = Omit<LoadConfigOptions, 'within'> & { readonly only?: readonly string[] };

const MUST_BE_FILES = "must be a list of the clusters' own files, as [./ringrift/medic.yaml, ./eu/medic.yaml]";
const Several = z.strictObject({
  clusters: z.array(FilePath, { error: MUST_BE_FILES }).min(1, { error: MUST_BE_FILES }).max(64),
  stateDir: FilePath.default(DEFAULT_STATE_DIR),
});

/** Reads medic.yaml and, where it names the files of several clusters, each of those; connects to nothing and never throws for bad input. */
export function loadInstallation(options: LoadInstallationOptions = {}): LoadInstallationResult {
  const { env = process.env, cwd = process.cwd(), uid = process.getuid?.() ?? null } = options;
  const named = options.configFile ?? readEnvironment(env, cwd).environment.configFile ?? 'medic.yaml';
  const configFile = resolve(cwd, named);
  const file = readGuardedFile({ path: configFile, uid, bytesMax: SMALL_FILE_BYTES_MAX });
  const yaml = file.ok
    ? readYamlText({ text: file.text, file: shownPath(configFile, cwd), version: '1.2' })
    : undefined;
  const loaded =
    yaml === undefined || !namesClusters(yaml.value)
      ? loadOne(options)
      : loadSeveral(yaml, configFile, { ...options, env, cwd });
  return loaded.ok ? onlyNamed(loaded.clusters, options.only) : loaded;
}

function loadOne(options: LoadInstallationOptions): LoadInstallationResult {
  const loaded = loadConfig(options);
  return loaded.ok ? { ok: true, clusters: [loaded.config] } : loaded;
}

function namesClusters(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'clusters' in value;
}

function loadSeveral(
  yaml: YamlText,
  configFile: string,
  options: LoadInstallationOptions & Required<Pick<LoadConfigOptions, 'env' | 'cwd'>>,
): LoadInstallationResult {
  const parsed = Several.safeParse(yaml.value);
  const issues = (parsed.error?.issues ?? []).flatMap((issue) =>
    faultsOf(
      issue,
      (path) => yaml.place(path),
      () => [...Object.keys(Several.shape), "(and in each cluster's own file the others)"],
    ),
  );
  const faults = [...yaml.faults, ...issues, ...onceForAll(options.env)];
  if (!parsed.success) return { ok: false, faults };
  const base = dirname(configFile);
  const within = { stateDir: besidePath(base, parsed.data.stateDir) };
  const clusters: Config[] = [];
  for (const [index, path] of parsed.data.clusters.entries()) {
    const loaded = loadConfig({ ...options, configFile: besidePath(base, path), within });
    if (!loaded.ok) faults.push(...loaded.faults);
    else {
      const clash = clashOf(loaded.config, clusters);
      if (clash === undefined) clusters.push(loaded.config);
      else faults.push({ place: yaml.place(['clusters', index]), text: clash });
    }
  }
  return faults.length === 0 ? { ok: true, clusters } : { ok: false, faults: distinct(faults) };
}

/** What the environment may say of one cluster only. */
function onceForAll(env: NonNullable<LoadConfigOptions['env']>): PlacedFault[] {
  return ['MEDIC_INVENTORY', 'MEDIC_KNOWN_HOSTS']
    .filter((name) => (env[name]?.trim() ?? '') !== '')
    .map((place) => ({ place, text: "names one file for several clusters: name it in each cluster's own medic.yaml" }));
}

/** What two clusters of one installation may not share, in words. */
function clashOf(config: Config, before: readonly Config[]): string | undefined {
  const namesake = before.find(({ cluster }) => cluster === config.cluster);
  if (namesake !== undefined)
    return `is called ${config.cluster} like ${namesake.configFile}: give each its own name (cluster: …)`;
  for (const { cluster, slack } of before) {
    const both = config.slack.watchChannels.find((channel) => slack.watchChannels.includes(channel));
    if (both !== undefined)
      return `watches ${both} as ${cluster} does: nobody could tell whose alert stands there, so watch it from one`;
  }
  return undefined;
}

/** Each fault once: the environment is read with the file of each cluster. */
export function distinct(faults: readonly PlacedFault[]): PlacedFault[] {
  return [...new Map(faults.map((fault) => [`${fault.place} ${fault.text}`, fault])).values()];
}

function onlyNamed(clusters: readonly Config[], only: readonly string[] | undefined): LoadInstallationResult {
  if (only === undefined) return { ok: true, clusters };
  const names = clusters.map(({ cluster }) => cluster);
  const strange = only.filter((name) => !names.includes(name));
  if (strange.length === 0) return { ok: true, clusters: clusters.filter(({ cluster }) => only.includes(cluster)) };
  return {
    ok: false,
    faults: strange.map((name) => ({
      place: '--cluster',
      text: `${quoteWord(name)} is no cluster of this installation.${didYouMean(name, names) || ` Its clusters are ${names.join(', ')}.`}`,
    })),
  };
}
