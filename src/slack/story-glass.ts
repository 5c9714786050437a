import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { joined, shortHash } from '../domain/wording.ts';
import { sections, smallPrint } from './blocks.ts';
import { escaped } from './escape.ts';
import { type StoryLook, type StoryMessage, storyMessage } from './story-message.ts';
import { clockTime } from './wording.ts';

/** Told to the whole channel: somebody let a plan run without the approvals that it needs. Edited when another person has reviewed it. */
export function glassMessage(
  incident: Incident,
  prompt: Prompt,
  { names, policy }: StoryLook,
): StoryMessage | undefined {
  const { glass, reviewed } = prompt;
  if (glass === undefined) return undefined;
  const plan = incident.plans.get(prompt.plan);
  const news = `🚨 ${names(glass.by)} broke the glass: plan ${shortHash(prompt.plan)} runs without ${prompt.needed === 1 ? 'the approval' : `the ${prompt.needed} approvals`} it needs`;
  const others = policy.approvers.filter((person) => person !== glass.by && person !== prompt.requester);
  const next =
    reviewed === undefined
      ? `To be reviewed by ${others.length === 0 ? 'another approver' : joined(others.map(names), 'or')}: \`@medic review ${shortHash(prompt.plan)} <what you make of it>\``
      : `*Reviewed by ${names(reviewed.by)} ${clockTime(reviewed.at)}*${reviewed.note === '' ? '.' : `: ${escaped(reviewed.note, 400)}`}`;
  return storyMessage({
    key: `glass-${prompt.request}`,
    place: 'thread',
    broadcast: true,
    urgent: true,
    text: news,
    blocks: [
      ...sections([
        `*${news}*`,
        ...(plan === undefined ? [] : [escaped(plan.summary, 260)]),
        `Why: ${escaped(glass.reason, 300)}`,
        next,
      ]),
      ...smallPrint([clockTime(glass.at)]),
    ],
  });
}
