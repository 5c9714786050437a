import type { Signing } from '../contract/signing.ts';
import { type Entry, Event, type SetAside } from '../domain/entry.ts';
import type { IncidentId } from '../domain/names.ts';
import { mayWrite } from '../domain/written.ts';
import { createJudge, type Fields } from './signed-rows.ts';

/** Rows set aside that are told in the log of one process: whoever floods a stream does not flood the log for ever. */
const HEARD_MAX = 10_000;

/** Tells entries from what is set aside; `onSetAside` hears of each such row once. */
export function createSorter({
  signing,
  onSetAside,
}: {
  readonly signing: Omit<Signing, 'pen'>;
  readonly onSetAside?: (aside: SetAside) => void;
}) {
  const judge = createJudge(signing);
  const heard = new Set<string>();
  return (incident: IncidentId, id: string, fields: Fields, seen: Map<string, number>): Entry | SetAside => {
    const { at = '', event: text = '', key = '' } = fields;
    const why = judge(incident, fields, seen);
    if (why === undefined) {
      const event = Event.parse(JSON.parse(text));
      if (mayWrite(key, event)) return { id, incident, at, event };
    }
    const aside: SetAside = { id, incident, at, why: why ?? 'not_its_writer', key, event: readable(text) };
    const name = `${incident} ${id}`;
    if (!heard.has(name) && heard.size < HEARD_MAX) {
      heard.add(name);
      onSetAside?.(aside);
    }
    return aside;
  };
}

function readable(text: string): Event | undefined {
  try {
    return Event.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
