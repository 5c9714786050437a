import { mayDecide, yesesGiven } from '../domain/approval.ts';
import { isUnasked } from '../domain/asker.ts';
import { deedOf } from '../domain/deed.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { PersonId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import { approversNeeded, mayDo, type Policy, peopleNamed } from '../domain/policy.ts';
import { trustLines } from '../domain/trust.ts';
import { between, count, duration, joined, shortHash } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections } from './blocks.ts';
import { escaped } from './escape.ts';
import { decidedBody } from './story-decided.ts';
import { type StoryLook, type StoryMessage, storyMessage } from './story-message.ts';
import { aboutPlan, courseLine, relayLines, runWindow, stepLines } from './story-plan.ts';
import { clockTime } from './wording.ts';

const SUMMARY_MAX = 260;
const APPROVERS_NAMED_MAX = 6;

/** The prompt of one request, edited as it lives: what would run and who may say yes, then who did, then how far it is, then how it ended. */
export function promptMessage(incident: Incident, prompt: Prompt, look: StoryLook): StoryMessage | undefined {
  const plan = incident.plans.get(prompt.plan);
  if (plan === undefined) return undefined;
  const title = `Plan ${shortHash(prompt.plan)}: ${escaped(plan.summary, SUMMARY_MAX)}`;
  const body =
    prompt.state === 'waiting' ? waitingBody(incident, prompt, plan, look) : decidedBody(incident, prompt, plan, look);
  const text =
    prompt.state === 'waiting'
      ? `${title} – ${prompt.needed === 0 ? 'ready to run' : 'approval needed'}`
      : `${title} – ${stateWords(prompt)}`;
  return storyMessage({
    key: `prompt-${prompt.request}`,
    place: 'thread',
    // Whether the channel sees it must not depend on when it was posted, so it does not depend on the state.
    broadcast: prompt.needed > 0,
    // Progress may wait; that the buttons are gone may not.
    urgent: prompt.state !== 'running',
    text,
    blocks: [...sections([`*${title}*`]), ...body],
  });
}

/** Said when the same plan was asked for again: its prompt is further up in the thread. */
export function renewedMessages(
  prompt: Prompt,
  plan: Plan,
  { names, policy }: StoryLook,
): { at: string; message: StoryMessage }[] {
  return prompt.renewed.map(({ by, at }, index) => {
    const have = prompt.needed === 0 ? '' : `, with ${haveOf(prompt, plan, policy)} of ${prompt.needed} approvals`;
    const text = `Plan ${shortHash(prompt.plan)} is the same as before (asked for again by ${names(by)}): its prompt further up goes on${have}.`;
    const key = `renewed-${prompt.request}-${index}`;
    return { at, message: storyMessage({ key, place: 'thread', text, blocks: sections([text]) }) };
  });
}

/** People who may say yes to this plan, in the order of medic.yaml. */
export function approversOf(plan: Plan, requester: PersonId, policy: Policy): PersonId[] {
  return peopleNamed(policy).filter((person) => mayDecide(person, { requester, plan, policy }));
}

function waitingBody(incident: Incident, prompt: Prompt, plan: Plan, look: StoryLook): Block[] {
  const { names } = look;
  const beside = incident.besides.get(prompt.plan);
  const mine = prompt.needed === 0;
  const decision = [
    isUnasked(prompt.requester)
      ? `made by ${names(prompt.requester)}: nobody has asked for it`
      : `asked by ${names(prompt.requester)}`,
    mine
      ? `no approval by others needed: ${whoMay(approversOf(plan, prompt.requester, look.policy), look)} may press Approve`
      : neededFrom(prompt, plan, look),
    ...(mine
      ? []
      : [
          `*${haveOf(prompt, plan, look.policy)} of ${prompt.needed}*${prompt.approvedBy.length === 0 ? '' : ` (${joined(prompt.approvedBy.map(names))})`}`,
        ]),
    `expires ${clockTime(prompt.notAfter)} (${duration(between(prompt.madeAt, prompt.notAfter))} to decide${runWindow(prompt)})`,
  ].join(' · ');
  const approve: ButtonOptions = {
    action: 'approve',
    text: 'Approve',
    value: prompt.request,
    style: 'primary',
    ...(plan.risk === 'replaces-weights' ? { confirm: replaceDialog(prompt, plan) } : {}),
  };
  const row: ButtonOptions[] = [
    approve,
    { action: 'reject', text: 'Reject …', value: prompt.request },
    { action: 'details', text: 'Details', value: prompt.request },
  ];
  const renewed = prompt.renewed.at(-1);
  return [
    ...sections([
      ...aboutPlan(plan, prompt, beside, look),
      courseLine(plan, beside),
      ...stepLines(plan),
      ...relayLines(plan),
      ...trustLines(plan).map((line) => escaped(line, 400)),
      decision,
      ...(renewed === undefined
        ? []
        : [
            `asked for again by ${names(renewed.by)} ${clockTime(renewed.at)}: the plan is the same, so its approvals stand`,
          ]),
    ]),
    ...buttons(row),
  ];
}

/** Whose yes is needed. Where nobody asked, one of them only has to be somebody who could have asked. */
function neededFrom({ needed, requester }: Prompt, plan: Plan, look: StoryLook): string {
  const people = approversOf(plan, requester, look.policy);
  if (!isUnasked(requester)) return `${count(needed, 'approval')} needed from ${whoMay(people, look)}`;
  const approvers = people.filter((person) => mayDo(look.policy, person, 'approve', deedOf(plan, undefined)));
  const others = approversNeeded(plan, look.policy.approvals);
  return `${count(needed, 'yes', 'yeses')} needed: ${count(others, 'approval')} from ${whoMay(approvers, look)}, and one more person who could have asked: ${whoMay(people, look)}`;
}

function whoMay(people: readonly PersonId[], { names }: StoryLook): string {
  if (people.length === 0) return 'nobody: medic.yaml lists no approver who could';
  const shown = people.slice(0, APPROVERS_NAMED_MAX).map(names);
  return people.length > APPROVERS_NAMED_MAX
    ? `${shown.join(', ')} or ${people.length - APPROVERS_NAMED_MAX} others`
    : joined(shown, 'or');
}

/** Approvals that count: the requester's own press does not, where others are needed, nor that of somebody who may not any more. */
function haveOf({ approvedBy, requester }: Prompt, plan: Plan, policy: Policy): number {
  return yesesGiven(
    approvedBy.map((person) => ({ person })),
    { requester, plan, policy },
  );
}

function replaceDialog(prompt: Prompt, plan: Plan): NonNullable<ButtonOptions['confirm']> {
  const what = `${count(plan.targets.length, 'node')} will get other model files. The files in place now are kept in quarantine.`;
  return { title: `Replace weights: plan ${shortHash(prompt.plan)}`, text: what, yes: 'Approve' };
}

function stateWords({ state }: Prompt): string {
  return state === 'executed' ? 'finished' : state === 'authorized' ? 'approved' : state;
}
