import type { Incident } from '../domain/incident.ts';
import { asideMessages, outsideMessages } from './story-asides.ts';
import { doctorMessage } from './story-doctor.ts';
import { foundMessage, matrixMessage, sourcesMessage, verdictsMessage } from './story-found.ts';
import { glassMessage } from './story-glass.ts';
import type { StoryLook, StoryMessage } from './story-message.ts';
import { failureMessages, planningMessages } from './story-planning.ts';
import { promptMessage, renewedMessages } from './story-prompt.ts';
import { quarantineMessage } from './story-quarantine.ts';
import { receiptMessage } from './story-receipt.ts';
import { rootMessage } from './story-root.ts';

/**
 * An incident as Slack tells it: the root message, then its thread in the order in which things happened. A pure function of the ledger
 * and of who may do what; it reads no clock, so that telling it again edits nothing.
 */
export function storyOf(incident: Incident, look: StoryLook): StoryMessage[] {
  const first = [
    matrixMessage(incident, look),
    verdictsMessage(incident),
    sourcesMessage(incident),
    quarantineMessage(incident),
    doctorMessage(incident),
    foundMessage(incident),
  ].filter((message) => message !== undefined);
  const dated = [
    ...planningMessages(incident, look),
    ...failureMessages(incident),
    ...asideMessages(incident),
    ...outsideMessages(incident),
    ...incident.prompts.flatMap((prompt) => {
      const message = promptMessage(incident, prompt, look);
      const glass = glassMessage(incident, prompt, look);
      const plan = incident.plans.get(prompt.plan);
      return [
        ...(message === undefined ? [] : [{ at: prompt.madeAt, message }]),
        ...(glass === undefined || prompt.glass === undefined ? [] : [{ at: prompt.glass.at, message: glass }]),
        ...(plan === undefined ? [] : renewedMessages(prompt, plan, look)),
      ];
    }),
    ...incident.executions.flatMap(({ finished }) =>
      finished === undefined ? [] : [{ at: finished.endedAt, message: receiptMessage(incident, finished, look) }],
    ),
  ].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return [rootMessage(incident, look), ...first, ...dated.map(({ message }) => message)];
}
