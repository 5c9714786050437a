import type { WebClient } from '@slack/web-api';
import type { Logger } from '../contract/logger.ts';
import type { Told, ToldStore } from '../contract/told.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import type { PersonId } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { isGroup } from '../domain/policy-now.ts';
import { riskWords, shortHash } from '../domain/wording.ts';
import { sections } from './blocks.ts';
import type { Clock } from './clock.ts';
import { escaped } from './escape.ts';
import type { Poster } from './post-once.ts';
import { type Outgoing, SlackFailure } from './slack-port.ts';
import { approversOf } from './story-prompt.ts';
import { called, openDirect } from './web-slack.ts';
import { clockTime, mention } from './wording.ts';

/** Writes to those who may approve, when a prompt was left alone for some time. */
export type Nudges = {
  /** Each person once a prompt, whatever restarts or lost answers there are. */
  remind(incident: Incident): Promise<void>;
};

/** Further approvers see it in the channel. */
const PEOPLE_MAX = 10;

type Waiting = { readonly incident: Incident; readonly prompt: Prompt; readonly plan: Plan };

/** Direct messages over Slack; `afterMs`: how long a prompt may stand without a decision, 0: nobody is written to. */
export function createNudges(options: {
  readonly client: WebClient;
  readonly told: ToldStore;
  readonly poster: Poster;
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly afterMs: number;
}): Nudges {
  const { client, told, poster, policy, clock, logger, afterMs } = options;

  async function write(waiting: Waiting, person: PersonId, user: string): Promise<void> {
    const { incident, prompt } = waiting;
    const key = `nudge-${prompt.request}-${user}`;
    const known = await told.get(incident.id);
    const [before, shown] = [known[key], known[`prompt-${prompt.request}`]];
    // Nobody is sent to a prompt that is not in the channel yet.
    if (before?.state === 'told' || shown?.state !== 'told') return;
    const sinceMs = before?.sinceMs ?? clock.now().getTime();
    try {
      const id = await openDirect(client, user);
      await told.set(incident.id, key, { state: 'posting', channel: id, ts: '', hash: '', sinceMs });
      const link = await linkTo(shown);
      const outgoing = (): Outgoing => ({
        channel: id,
        ...words(waiting, link),
        mark: { incident: incident.id, key, hash: '' },
      });
      const { ts } = await poster.post(outgoing, { sinceMs, unsure: before?.state === 'posting' });
      await told.set(incident.id, key, { state: 'told', channel: id, ts, hash: '', sinceMs });
    } catch (error) {
      const code = error instanceof SlackFailure ? error.code : String(error);
      logger.warn({ incident: incident.id, person, code }, 'could not write to somebody who may approve');
      if (!(error instanceof SlackFailure) || error.kind !== 'refused') return;
      // Who cannot be written to now cannot be written to later; the prompt itself still mentions them.
      await told.set(incident.id, key, { state: 'told', channel: '', ts: '', hash: '', sinceMs });
    }
  }

  async function linkTo({ channel, ts }: Told): Promise<string | undefined> {
    try {
      return (await called(() => client.chat.getPermalink({ channel, message_ts: ts }))).permalink;
    } catch {
      return undefined;
    }
  }

  return {
    async remind(incident) {
      if (afterMs === 0) return;
      for (const prompt of incident.prompts) {
        const plan = incident.plans.get(prompt.plan);
        if (plan === undefined || !isLeftAlone(incident, prompt, clock.now().getTime(), afterMs)) continue;
        for (const person of peopleFor(prompt, plan, policy()))
          await write({ incident, prompt, plan }, person, person.split('/')[1] ?? '');
      }
    },
  };
}

/** It waits, nobody repairs by hand meanwhile, and nobody has decided anything about it for so long. */
function isLeftAlone({ hold }: Incident, { state, madeAt, notAfter }: Prompt, nowMs: number, afterMs: number): boolean {
  if (state !== 'waiting' || nowMs > Date.parse(notAfter)) return false;
  if (hold !== undefined && nowMs < Date.parse(hold.until)) return false;
  return nowMs - Date.parse(madeAt) >= afterMs;
}

/** Those of Slack whose yes is still missing. What needs nobody else is its requester's own matter. */
function peopleFor(prompt: Prompt, plan: Plan, policy: Policy): PersonId[] {
  const { needed, requester, approvedBy } = prompt;
  const able = needed === 0 ? [requester] : approversOf(plan, requester, policy);
  // A user group is its members here: a group cannot be written to.
  const each = able.flatMap((person) => (isGroup(person) ? (policy.members?.get(person) ?? []) : [person]));
  return [...new Set(each)]
    .filter(
      (person) =>
        /^[A-Z0-9]+\/[A-Z0-9]+$/.test(person) &&
        person !== (needed === 0 ? '' : requester) &&
        !approvedBy.includes(person),
    )
    .slice(0, PEOPLE_MAX);
}

function words({ prompt, plan }: Waiting, link: string | undefined): Pick<Outgoing, 'text' | 'blocks'> {
  const short = shortHash(prompt.plan);
  const title = `Plan ${short} waits for ${prompt.needed === 0 ? 'you' : 'your decision'}: ${escaped(plan.summary, 200)}`;
  // The link is Slack's own answer to us.
  const where = link === undefined ? `\`pending\` shows it` : `<${link}|Open the prompt>`;
  const facts = [
    escaped(riskWords(plan), 100),
    `asked by ${mention(prompt.requester)}`,
    `expires ${clockTime(prompt.notAfter)}`,
    where,
  ];
  return { text: title, blocks: sections([`*${title}*`, facts.join(' · ')]) };
}
