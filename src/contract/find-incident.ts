import type { Refusal } from '../domain/fault.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import { IncidentId } from '../domain/names.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import type { CommandContext } from './command.ts';

/** Incidents whose ids are compared with a mistyped one. */
const COMPARED = 200;

export type FoundIncident =
  | { readonly ok: true; readonly incident: Incident; readonly rest: readonly string[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** The incident that the first word names, with the words after it; without one that of the thread. */
export async function findIncident(
  words: readonly string[],
  { ledger, incident: here }: Pick<CommandContext, 'ledger' | 'incident'>,
  command: string,
): Promise<FoundIncident> {
  const [first, ...more] = words;
  const named = first?.startsWith('i-') === true ? first : undefined;
  const id = named ?? here;
  if (id === undefined) {
    const what =
      first === undefined ? `${command} takes the id of an incident` : `${quoteWord(first)} is no incident's id`;
    return refuse(
      'usage',
      `${what}: ${command} i-0412aa07, or @medic ${command} in its thread. "incidents" lists them.`,
    );
  }
  const incident = IncidentId.safeParse(id).success ? incidentOf(await ledger.entries(id)) : undefined;
  if (incident === undefined) {
    const near = didYouMean(id, await ledger.recent(COMPARED)) || ' "incidents" lists them.';
    return refuse(
      'incident_unknown',
      `${quoteWord(id)} is no incident that is known here.${near} Nothing was changed.`,
    );
  }
  return { ok: true, incident, rest: named === undefined ? words : more };
}

function refuse(code: Refusal['code'], text: string): FoundIncident {
  return { ok: false, refusal: { code, text } };
}
