import type { PlacedFault } from '../contract/inventory.ts';
import type { Model } from '../domain/model.ts';
import type { ModelName, PersonId } from '../domain/names.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Node } from '../domain/node.ts';
import { resolveNodeSet } from '../domain/node-set.ts';
import { namesUnknown, type WrittenBounds, type WrittenPolicy } from '../domain/policy-now.ts';
import type { MedicYaml } from './medic-yaml.ts';

/** Bounds in the text: models may be patterns. */
type Line = {
  readonly commands?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly nodes?: string | undefined;
};
type Path = readonly (string | number)[];

/** What the lines of medic.yaml may name. */
export type Known = {
  readonly models: readonly Model[];
  readonly nodes: readonly Node[];
  /** Absent: nobody says which commands there are. */
  readonly commands?: readonly string[] | undefined;
};

/** The policy as written, with patterns of models turned into their names, and every name in it that nothing has. */
export function writtenPolicy(
  {
    roles,
    never,
    channels,
    approvals,
    limits,
  }: Pick<MedicYaml, 'roles' | 'never' | 'channels' | 'approvals' | 'limits'>,
  known: Known,
  place: (path: Path) => string,
): { readonly policy: WrittenPolicy; readonly faults: readonly PlacedFault[] } {
  const faults: PlacedFault[] = [];
  const read = <L extends Line & Omit<WrittenBounds, 'models'>>(
    line: L,
    path: Path,
  ): Omit<L, 'models'> & { models?: ModelName[] } => {
    const { models: patterns, ...rest } = line;
    const note = (key: string, text: string | undefined): void => {
      if (text !== undefined) faults.push({ place: place([...path, key]), text });
    };
    for (const command of line.commands ?? [])
      if (known.commands !== undefined) note('commands', unknownWord(command, known.commands, 'command'));
    note('nodes', line.nodes === undefined ? undefined : unknownNodes(line.nodes, known.nodes));
    if (patterns === undefined) return rest;
    const names = known.models.map(({ name }) => name);
    for (const pattern of patterns) {
      if (matching(pattern, names).length === 0) note('models', unknownWord(pattern, names, 'configuration'));
    }
    return { ...rest, models: [...new Set(patterns.flatMap((pattern) => matching(pattern, names)))] };
  };
  const { viewers, operators, approvers, breakGlass } = roles;
  const policy: WrittenPolicy = {
    viewers: viewers ?? undefined,
    operators,
    approvers,
    breakGlass,
    approvals,
    caps: { perNodeHour: limits.changesPerNodeHour, perClusterHour: limits.changesPerClusterHour },
    rules: roles.rules.map((rule, index) => read(rule, ['roles', 'rules', index])),
    never: never.map((ban, index) => read(ban, ['never', index])),
    channels: Object.fromEntries(Object.entries(channels).map(([id, line]) => [id, read(line, ['channels', id])])),
  };
  for (const person of peopleIn(policy)) {
    const [, name] = /^key:(.*)$/.exec(person) ?? [];
    if (name !== undefined && roles.shellKeys[name] === undefined)
      faults.push({ place: place(['roles']), text: `${person} has no key: roles.shellKeys has none of that name` });
  }
  return { policy, faults };
}

/** Everybody whom the policy names, each once. */
export function peopleIn({ viewers = [], operators, approvers, breakGlass, rules }: WrittenPolicy): PersonId[] {
  return [
    ...new Set([...viewers, ...operators, ...approvers, ...breakGlass, ...rules.flatMap(({ people }) => people)]),
  ];
}

/** The policy without those who do not count here. */
export function withoutPeople(policy: WrittenPolicy, dropped: readonly PersonId[]): WrittenPolicy {
  const kept = (people: readonly PersonId[]): PersonId[] => people.filter((person) => !dropped.includes(person));
  return {
    ...policy,
    viewers: policy.viewers === undefined ? undefined : kept(policy.viewers),
    operators: kept(policy.operators),
    approvers: kept(policy.approvers),
    breakGlass: kept(policy.breakGlass),
    rules: policy.rules.map((rule) => ({ ...rule, people: kept(rule.people) })),
  };
}

function unknownWord(word: string, names: readonly string[], kind: string): string | undefined {
  if (names.includes(word)) return undefined;
  return `"${word}" is no ${kind}.${didYouMean(word, names) || ` There are ${names.join(', ')}.`}`;
}

/** A set that means nobody today may mean somebody tomorrow; a name that nobody has is a mistake. */
function unknownNodes(text: string, nodes: readonly Node[]): string | undefined {
  const set = resolveNodeSet(text, nodes);
  if (set.ok) return undefined;
  const isWrong = set.refusal.code === 'node_set_invalid' || namesUnknown(text, nodes).length > 0;
  return isWrong ? set.refusal.text : undefined;
}

function matching(pattern: string, names: readonly ModelName[]): ModelName[] {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const shape = new RegExp(`^${parts.join('.*')}$`);
  return names.filter((name) => shape.test(name));
}
