import type { Refusal } from './fault.ts';
import type { Incident } from './incident.ts';

/** Why no plan of this incident may begin now: somebody repairs it by hand; undefined when nobody does. */
export function holdRefusal({ id, hold }: Pick<Incident, 'id' | 'hold'>, now: Date): Refusal | undefined {
  if (hold === undefined || now.getTime() >= Date.parse(hold.until)) return undefined;
  const until = `${hold.until.slice(0, 16).replace('T', ' ')} UTC`;
  return {
    code: 'on_hold',
    text: `${hold.by} is fixing ${id} by hand, its plans rest until ${until}. Nothing was run; "hold ${id} off" ends it.`,
  };
}
