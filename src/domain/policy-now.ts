import type { Bounds, MeantNodes } from './deed.ts';
import type { ModelName, NodeName, PersonId } from './names.ts';
import type { Node } from './node.ts';
import { resolveNodeSet } from './node-set.ts';
import type { Risk } from './plan.ts';
import type { ApprovalRules, Policy } from './policy.ts';

/** Bounds as medic.yaml writes them: models by name, nodes as a set that means other nodes when the inventory changes. */
export type WrittenBounds = {
  readonly commands?: readonly string[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly risks?: readonly Risk[] | undefined;
  readonly models?: readonly ModelName[] | undefined;
  readonly nodes?: string | undefined;
};

/** The policy as medic.yaml writes it. */
export type WrittenPolicy = {
  readonly viewers?: readonly PersonId[] | undefined;
  readonly operators: readonly PersonId[];
  readonly approvers: readonly PersonId[];
  readonly breakGlass: readonly PersonId[];
  readonly rules: readonly (WrittenBounds & {
    readonly people: readonly PersonId[];
    readonly may: 'operate' | 'approve';
  })[];
  readonly never: readonly (WrittenBounds & { readonly because: string })[];
  readonly channels: Readonly<Record<string, WrittenBounds>>;
  readonly approvals: ApprovalRules;
  readonly caps: Policy['caps'];
};

/** What the written policy means with these nodes; `members` are those of user groups, as far as somebody knows them. */
export function policyNow(
  written: WrittenPolicy,
  now: {
    readonly mode: Policy['mode'];
    readonly nodes: readonly Node[];
    readonly members?: ReadonlyMap<PersonId, readonly PersonId[]>;
  },
): Policy {
  const { viewers, operators, approvers, breakGlass, rules, never, channels, approvals, caps } = written;
  return {
    operators,
    approvers,
    breakGlass,
    approvals,
    caps,
    mode: now.mode,
    ...(viewers === undefined ? {} : { viewers }),
    grants: rules.map(({ people, may, ...bounds }) => ({ people, right: may, bounds: boundsNow(bounds, now.nodes) })),
    never: never.map(({ because, ...bounds }) => ({ because, bounds: boundsNow(bounds, now.nodes) })),
    channels: new Map(Object.entries(channels).map(([id, bounds]) => [id, boundsNow(bounds, now.nodes)])),
    ...(now.members === undefined ? {} : { members: now.members }),
  };
}

/** Whether an id is a user group's. */
export function isGroup(person: PersonId): boolean {
  return /\/S[A-Z0-9]+$/.test(person);
}

function boundsNow({ commands, channels, risks, models, nodes }: WrittenBounds, all: readonly Node[]): Bounds {
  return {
    ...(commands === undefined ? {} : { commands: new Set(commands) }),
    ...(channels === undefined ? {} : { channels: new Set(channels) }),
    ...(risks === undefined ? {} : { risks: new Set(risks) }),
    ...(models === undefined ? {} : { models: new Set(models) }),
    ...(nodes === undefined ? {} : { nodes: meantNow(nodes, all) }),
  };
}

/** A pattern or group that nobody fits just now means nobody; a set with a name that is gone cannot be read. */
function meantNow(text: string, all: readonly Node[]): MeantNodes {
  const set = resolveNodeSet(text, all);
  if (set.ok) return new Set<NodeName>(set.nodes.map(({ name }) => name));
  if (set.refusal.code === 'node_set_empty') return new Set();
  // What is taken away decides too, so a set with "!" is read as a whole or not at all.
  if (namesUnknown(text, all).length > 0 || text.includes('!')) return 'unreadable';
  const parts = text.split(/,(?![^[]*\])/).map((part) => resolveNodeSet(part, all));
  return new Set<NodeName>(parts.flatMap((part) => (part.ok ? part.nodes.map(({ name }) => name) : [])));
}

/** Plain names in a set that no node has; patterns and groups are no names. */
export function namesUnknown(text: string, all: readonly Node[]): string[] {
  const terms = text.split(/[,&!]/).map((term) => term.trim());
  return terms.filter((term) => /^[\w.-]+$/.test(term) && !all.some(({ name }) => name === term));
}
