import type { Model } from '../domain/model.ts';
import type { IncidentId, NodeName } from '../domain/names.ts';
import { type Alert, readAlerts } from './read-alerts.ts';
import { alertInMessage } from './read-messages.ts';

/** Where alerts come in, whoever brings them. */
export type AlertDoor = {
  readonly known: () => { readonly models: readonly Model[]; readonly nodes: readonly { readonly name: NodeName }[] };
  /** Opens or finds the incident of an alert, durable when it resolves; undefined: the end of something that is not open. */
  readonly accept: (alert: Alert) => Promise<IncidentId | undefined>;
  /** Where several clusters share an installation: whose a body's parts are. */
  readonly divided?: (body: Readonly<Record<string, unknown>>) => readonly Part[];
  readonly count: (outcome: 'accepted' | 'refused' | 'unrecognised') => void;
};

type Taken = { readonly accepted: number; readonly incidents: readonly IncidentId[] };

/** What of a body goes through which door. */
export type Part = { readonly body: Readonly<Record<string, unknown>>; readonly door: AlertDoor };

/** Takes the alerts of one body; durable when it resolves. `from`: the name of its sender, where it is known. */
export async function takeAlerts(
  body: Readonly<Record<string, unknown>>,
  { known, accept, count, divided }: AlertDoor,
  from?: string,
): Promise<Taken> {
  if (divided !== undefined)
    return together(await Promise.all(divided(body).map((part) => takeAlerts(part.body, part.door, from))));
  const alerts = readAlerts(body, known());
  const incidents: IncidentId[] = [];
  for (const alert of alerts) {
    const incident = await accept(from === undefined ? alert : { ...alert, sender: from });
    if (incident !== undefined) incidents.push(incident);
    count(alert.recognised ? 'accepted' : 'unrecognised');
  }
  return { accepted: alerts.length, incidents };
}

/** Takes the alert in another bot's message; a message that is no alert is left alone. */
export async function takeMessage(message: Parameters<typeof alertInMessage>[0], door: AlertDoor): Promise<void> {
  const body = alertInMessage(message);
  if (body !== undefined) await takeAlerts(body, door);
}

function together(taken: readonly Taken[]): Taken {
  return {
    accepted: taken.reduce((sum, { accepted }) => sum + accepted, 0),
    incidents: taken.flatMap(({ incidents }) => incidents),
  };
}
