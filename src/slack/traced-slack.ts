import type { Spans } from '../contract/spans.ts';
import { IncidentId } from '../domain/names.ts';
import type { Mark, SlackPort } from './slack-port.ts';

/** Posts and edits as spans, each linked to the work for its incident that was asked for last: what they tell came of it. */
export function tracedSlack(slack: SlackPort, spans: Spans): SlackPort {
  const told = <T>(method: string, mark: Mark, call: () => Promise<T>): Promise<T> => {
    const incident = IncidentId.safeParse(mark.incident).data;
    const facts = { 'rpc.system': 'slack', 'rpc.method': method, 'medic.incident.id': incident };
    const after = incident === undefined ? {} : { after: incident };
    return spans.within({ name: `slack ${method}`, kind: 'client', facts, ...after }, call);
  };
  return {
    ...slack,
    post: (message) => told('chat.postMessage', message.mark, () => slack.post(message)),
    update: (message) => told('chat.update', message.mark, () => slack.update(message)),
  };
}
