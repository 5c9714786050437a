import { z } from 'zod';
import type { Caps } from './caps.ts';
import { type Bounds, type Deed, isInside, isTouched } from './deed.ts';
import type { Refusal } from './fault.ts';
import { foldNames } from './fold-names.ts';
import type { PersonId } from './names.ts';
import type { Plan } from './plan.ts';
import { busiestBytes } from './relay.ts';
import { isTyped } from './trust.ts';

/** How many approvers other than the requester a plan needs; decisions are in medic.yaml under `approvals`. */
export const ApprovalRules = z.strictObject({
  reversibleFew: z.int().min(0).max(5).default(0),
  reversibleMany: z.int().min(0).max(5).default(1),
  restore: z.int().min(0).max(5).default(1),
  replace: z.int().min(0).max(5).default(2),
  /** Up to this many nodes a reversible or restoring plan is `few`. */
  few: z.int().min(0).default(3),
  selfApproval: z.enum(['never', 'cli']).default('never'),
});
export type ApprovalRules = z.infer<typeof ApprovalRules>;

/** Who may do what in this cluster. In a list a user group's id (`T0TEAM/S0ONCALL`) stands for its members. */
export type Policy = {
  readonly operators: readonly PersonId[];
  readonly approvers: readonly PersonId[];
  readonly approvals: ApprovalRules;
  /** How often nodes may be changed within an hour. */
  readonly caps: Caps;
  /** `observe`: looks and reports, changes nothing. */
  readonly mode: 'act' | 'observe';
  /** Who may look; absent: everybody with an identity. */
  readonly viewers?: readonly PersonId[];
  /** Who may let a plan run without the approvals that it needs, with a reason. */
  readonly breakGlass?: readonly PersonId[];
  /** Rights of people who may not do everything that their right is about. */
  readonly grants?: readonly Grant[];
  /** What nobody may do, whoever they are. */
  readonly never?: readonly Ban[];
  /** What may be done at most in a Slack channel, by its id. */
  readonly channels?: ReadonlyMap<string, Bounds>;
  /** Who is in a user group, as far as it is known. */
  readonly members?: ReadonlyMap<PersonId, readonly PersonId[]>;
};

export type Right = 'look' | 'operate' | 'approve';

/** These people have this right inside of these bounds. */
export type Grant = {
  readonly people: readonly PersonId[];
  readonly right: 'operate' | 'approve';
  readonly bounds: Bounds;
};

/** Something that nobody may do, and why. */
export type Ban = { readonly bounds: Bounds; readonly because: string };

/** Why nothing is planned where medic only observes, and how that is left; undefined: it acts. */
export function observeRefusal({ mode }: Pick<Policy, 'mode'>): Refusal | undefined {
  if (mode === 'act') return undefined;
  const text =
    'This installation only observes (mode: observe in medic.yaml). Nothing was planned; "fix --dry" names what could be done. To change things, set mode: act there and start bot and worker again: that is written down and told in the channel.';
  return { code: 'observe_only', text };
}

/** Whether this person may do this: nobody forbids it, the channel allows it, and a role gives the right. Operators may also ask for changes, approvers also approve them. */
export function mayDo(policy: Policy, person: PersonId, right: Right, deed: Deed = {}): boolean {
  return forbidden(policy, deed) === undefined && hasRole(policy, person, right, deed);
}

/** The commands that this person may type there; `help` and `whoami` always. */
export function commandsFor<C extends { readonly name: string; readonly right: Right }>(
  commands: readonly C[],
  { policy, person, channel }: { policy: Policy; person: PersonId; channel: string | undefined },
): C[] {
  const there = channel === undefined ? {} : { channel };
  return commands.filter(
    ({ name, right }) => ALWAYS.has(name) || mayDo(policy, person, right, { command: name, ...there }),
  );
}

/** Commands that nobody can be kept from: they tell what one may, and why not more. */
export const ALWAYS: ReadonlySet<string> = new Set(['help', 'whoami']);

/** Why this person may not do this, and who could; undefined when they may. `what` completes "You may not …". */
export function deedRefusal(
  policy: Policy,
  { person, right, deed, what }: { person: PersonId; right: Right; deed: Deed; what: string },
): Refusal | undefined {
  const never = forbidden(policy, deed);
  if (never !== undefined) return { ...never, text: `${never.text} Nothing was run.` };
  if (hasRole(policy, person, right, deed)) return undefined;
  return { code: 'denied', text: `You may not ${what}; ${whoMay(policy, right, deed)}. Nothing was run.` };
}

/** `these may: …`, those whom medic.yaml gives the right to this. */
export function whoMay(policy: Policy, right: Right, deed: Deed = {}): string {
  const able = peopleNamed(policy).filter((person) => hasRole(policy, person, right, deed));
  return able.length === 0 ? 'nobody is listed in medic.yaml who may' : `these may: ${able.join(', ')}`;
}

/** Everybody whom medic.yaml gives the right to change something somewhere; groups under their own id. */
export function peopleNamed({ operators, approvers, grants = [] }: Policy): PersonId[] {
  return [...new Set([...approvers, ...operators, ...grants.flatMap(({ people }) => people)])];
}

/** Why nobody may do this here, whoever they are. */
export function forbidden({ never = [], channels }: Policy, deed: Deed): Refusal | undefined {
  const ban = never.find(({ bounds }) => isTouched(bounds, deed));
  if (ban !== undefined) {
    const lost =
      ban.bounds.nodes === 'unreadable'
        ? ' The inventory no longer has all nodes that this line names, so it holds for all of them.'
        : '';
    return { code: 'forbidden', text: `medic.yaml forbids this to everybody: ${ban.because}.${lost}` };
  }
  const bounds = deed.channel === undefined ? undefined : channels?.get(deed.channel);
  if (bounds === undefined || isInside(bounds, deed)) return undefined;
  return {
    code: 'forbidden',
    text: `This channel is not for that: in it ${boundsWords(bounds)}, says medic.yaml. Another channel or a shell may be.`,
  };
}

/** The groups of which the policy knows that these people are members, for whoever has to judge without asking Slack. */
export function membershipsOf({ members }: Policy, people: readonly PersonId[]): Record<PersonId, PersonId[]> {
  const found = [...(members ?? [])].map(
    ([group, all]) => [group, all.filter((person) => people.includes(person))] as const,
  );
  return Object.fromEntries(found.filter(([, all]) => all.length > 0));
}

function hasRole(policy: Policy, person: PersonId, right: Right, deed: Deed): boolean {
  const isIn = (people: readonly PersonId[]): boolean => isListed(policy, people, person);
  const granted = (policy.grants ?? []).filter(({ people }) => isIn(people));
  const changes = isIn(policy.operators) || isIn(policy.approvers);
  if (right === 'look') return policy.viewers === undefined || changes || granted.length > 0 || isIn(policy.viewers);
  if (isIn(policy.approvers) || (right === 'operate' && changes)) return true;
  return granted.some((grant) => (right === 'operate' || grant.right === 'approve') && isInside(grant.bounds, deed));
}

/** Whether the list has this person, or a group that this person is a member of. */
export function isListed({ members }: Policy, people: readonly PersonId[], person: PersonId): boolean {
  return people.includes(person) || people.some((group) => members?.get(group)?.includes(person) === true);
}

/** What is inside, as in "only check, status can be run, on 12 nodes". */
function boundsWords({ commands, risks, models, nodes }: Bounds): string {
  const parts = [
    commands === undefined ? [] : [`only ${[...commands].join(', ')} can be run`],
    risks === undefined ? [] : [`only plans that are ${[...risks].join(', ')}`],
    models === undefined ? [] : [`only ${[...models].join(', ')}`],
    nodes === undefined
      ? []
      : [
          nodes === 'unreadable'
            ? 'no node, because the inventory no longer has what its line names'
            : `only ${foldNames([...nodes])}`,
        ],
  ].flat();
  return parts.join('; ');
}

/** How many approvers besides the requester this plan needs. Zero: the requester's own press is enough. */
export function approversNeeded(plan: Plan, rules: ApprovalRules): number {
  if (isTyped(plan)) return 0;
  const few = plan.targets.length <= rules.few;
  switch (plan.risk) {
    case 'replaces-weights':
      return rules.replace;
    case 'restores-weights':
      return few ? 0 : rules.restore;
    case 'reversible':
      return few ? rules.reversibleFew : rules.reversibleMany;
    case 'disruptive':
      return Math.max(1, rules.reversibleMany);
  }
}

/** Rough time a plan takes, in seconds, with 100 Mbit/s from its busiest sender; shown beside the plan, never hashed. */
export function secondsToRun(plan: Plan): number {
  return Math.max(1, Math.round(plan.targets.length * 0.6 + (busiestBytes(plan) * 8) / 100_000_000));
}
