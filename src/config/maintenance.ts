import type { Inventory, PlacedFault } from '../contract/inventory.ts';
import { didYouMean } from '../domain/nearest.ts';
import { resolveNodeSet } from '../domain/node-set.ts';
import type { MedicYaml } from './medic-yaml.ts';
import { modelsOf } from './models.ts';

/** Windows over nodes or models that are not there would cover nothing, and nobody would know. */
export function maintenanceFaults(
  { maintenance, models }: Pick<MedicYaml, 'maintenance' | 'models'>,
  { nodes }: Inventory,
  file: string,
): PlacedFault[] {
  const known = modelsOf(models).map(({ name }) => name);
  return maintenance.flatMap((window, index) => {
    const place = `${file} maintenance[${index}]`;
    const set = window.nodes === undefined ? undefined : resolveNodeSet(window.nodes, nodes);
    const stranger = window.models?.find((name) => !known.includes(name));
    return [
      ...(set?.ok === false ? [{ place: `${place}.nodes`, text: set.refusal.text }] : []),
      ...(stranger === undefined
        ? []
        : [{ place: `${place}.models`, text: `${stranger} is no model.${didYouMean(stranger, known)}` }]),
    ];
  });
}
