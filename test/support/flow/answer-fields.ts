import type { PlantedFault } from '../../../src/demo/fleet/plant-faults.ts';

/** An object of `--json`, nothing known of it yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; throws for anything else. */
export function objectIn(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${JSON.stringify(value)}`);
  return { ...value };
}

/** The value as a list of objects; throws for anything else. */
export function listIn(value: unknown): Fields[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value.map(objectIn);
}

/** The value as text; throws for anything else. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`no text: ${JSON.stringify(value)}`);
  return value;
}

/** The `name` of each object in a list. */
export function namesIn(value: unknown): string[] {
  return listIn(value).map(({ name }) => text(name));
}

/** The nodes that plans are about, each once. */
export function namesOfTargets(plans: readonly Fields[]): string[] {
  return [...new Set(plans.flatMap(({ targets }) => listIn(targets).map(({ node }) => text(node))))].toSorted();
}

/** The hashes of plans, in order. */
export function hashesOf(plans: readonly Fields[]): string[] {
  return plans.map(({ hash }) => text(hash)).toSorted();
}

/** The findings of a look as `node code model subject`, in order. */
export function faultsIn(json: Fields): string[] {
  return listIn(json['findings'])
    .map(({ node, code, model, subject }) => [node, code, model, subject].join(' '))
    .toSorted();
}

/** The unknowns of a look as `node reason`. */
export function unknownIn(json: Fields): string[] {
  return listIn(json['unknown']).map(({ node, reason }) => `${text(node)} ${text(reason)}`);
}

/** What `faultsIn` should say of planted faults. */
export function wanted(planted: readonly PlantedFault[]): string[] {
  return planted
    .filter(({ code }) => code !== 'refused')
    .map(({ node, code, model, subject }) => [node, code, model, subject].join(' '))
    .toSorted();
}
