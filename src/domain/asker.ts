import type { PersonId } from './names.ts';

/** medic itself, where nobody has asked for anything. */
export const MEDIC: PersonId = 'alert:medic';

/** Whether nobody asked for it: an alert, the schedule or a standing approval led to it. */
export function isUnasked(by: PersonId): boolean {
  return by.startsWith('alert:');
}
