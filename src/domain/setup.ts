import { z } from 'zod';
import { canonicalJson, digestOf, Sha256, shortDigest } from './digest.ts';
import type { Refusal } from './fault.ts';
import { Instant } from './names.ts';
import { joined } from './wording.ts';

/** What decides about changes and so has to be the same on both sides: a digest each, and the mode. */
export const Setup = z.strictObject({
  inventory: Sha256,
  models: Sha256,
  coordinator: Sha256,
  roles: Sha256,
  /** Whether it acts or only observes; absent: an older version wrote it. */
  mode: z.enum(['act', 'observe']).optional(),
});
export type Setup = z.infer<typeof Setup>;

/** Who has such a setup: where people decide (the bot, or a shell with a worker of its own), or the worker. */
export const Side = z.enum(['desk', 'worker']);
export type Side = z.infer<typeof Side>;

export const ConfiguredOrder = z.strictObject({
  kind: z.literal('configured'),
  at: Instant,
  side: Side,
  setup: Setup,
  /** The same as people read it, see `setupWords`; absent: it is from before that was written down. */
  words: z.array(z.string()).max(1_000).optional(),
});
export type ConfiguredOrder = z.infer<typeof ConfiguredOrder>;

/** What a process has read: what is compared, and what is told. */
export type Read = { readonly setup: Setup; readonly words?: readonly string[] | undefined };

/** The latest that a side has read, and what it had read before. */
export type Configured = Read & { readonly at: Instant; readonly before?: Read };

const WORDS: Readonly<Record<keyof Setup, string>> = {
  inventory: 'the inventory',
  models: 'the models',
  coordinator: 'the coordinator',
  roles: 'roles and approvals',
  mode: 'the mode',
};
const NONE = 'none';
const LINES_MAX = 1_000;
const LINE_MAX = 8_000;
/** Lists up to this length are told whole. */
const SHORT_LIST = 3;
const PARTS = ['inventory', 'models', 'coordinator', 'roles', 'mode'] as const;

/** The setup of what a process has read; `roles` is the policy as written. */
export function setupOf(read: {
  readonly inventory: Sha256;
  readonly models: unknown;
  readonly coordinator: unknown;
  readonly roles: unknown;
  readonly mode: 'act' | 'observe';
}): Setup {
  const { inventory, models, coordinator, roles, mode } = read;
  return { inventory, models: digestOf(models), coordinator: digestOf(coordinator), roles: digestOf(roles), mode };
}

/** Which parts of two setups differ. */
export function differing(one: Setup, other: Setup): (keyof Setup)[] {
  return PARTS.filter((part) => one[part] !== other[part] && one[part] !== undefined && other[part] !== undefined);
}

/** What a process has read, a line each, as `roles operators: T0TEAM/U0ALICE, cli:bob`: the first word is the part, and what stands before the colon names it. */
export function setupWords(read: {
  readonly models: readonly { readonly name: string }[];
  readonly coordinator: unknown;
  readonly roles: unknown;
}): string[] {
  const lines = (['coordinator', 'models', 'roles'] as const).flatMap((part) => linesOf(part, read[part]));
  return lines.slice(0, LINES_MAX).map((line) => line.slice(0, LINE_MAX));
}

/** What changed from one reading to the next, a line each: names with what they were and are, and the digests of what has no words. */
export function setupChange(before: Read, after: Read): string[] {
  const [was, is] = [valuesIn(before.words), valuesIn(after.words)];
  const known = before.words !== undefined && after.words !== undefined;
  const named = known
    ? [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name))
    : [];
  const unnamed = differing(before.setup, after.setup).filter(
    (part) => !named.some((name) => name.split(' ')[0] === part),
  );
  return [
    ...named.map((name) => `${name}: ${valueChange(was.get(name), is.get(name))}`),
    ...unnamed.map(
      (part) => `${WORDS[part]} (${shown(before.setup[part], part)} => ${shown(after.setup[part], part)})`,
    ),
  ];
}

function linesOf(name: string, value: unknown): string[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
  if (isSimple(value) || (Array.isArray(value) && value.every(isSimple))) return [`${name}: ${wordsOf(value)}`];
  if (!Array.isArray(value))
    return Object.entries(Object(value)).flatMap(([key, one]) => linesOf(`${name} ${key}`, one));
  return value.map((item: unknown, index) => {
    const { name: own = index + 1, ...rest }: { name?: unknown } = Object(item);
    const said = Object.entries(rest).flatMap(([key, one]) => (one === undefined ? [] : [`${key} ${wordsOf(one)}`]));
    return `${name} ${String(own)}: ${said.join('; ')}`;
  });
}

function wordsOf(value: unknown): string {
  if (!Array.isArray(value)) return isSimple(value) ? String(value ?? NONE) : canonicalJson(value);
  return value.map(wordsOf).join(', ');
}

function isSimple(value: unknown): value is string | number | boolean | null | undefined {
  return typeof value !== 'object' || value === null;
}

function valuesIn(lines: readonly string[] = []): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
}

/** Old and new; of long lists only what came and what went. */
function valueChange(was = NONE, is = NONE): string {
  const [old, now] = [was, is].map((value) => value.split(', '));
  if (old === undefined || now === undefined || Math.max(old.length, now.length) <= SHORT_LIST)
    return `${was} => ${is}`;
  const [came, went] = [now.filter((one) => !old.includes(one)), old.filter((one) => !now.includes(one))];
  return [...came.map((one) => `+ ${one}`), ...went.map((one) => `- ${one}`)].join(', ') || 'another order';
}

function shown(value: string | undefined, part: keyof Setup): string {
  return part === 'mode' ? (value ?? '') : shortDigest(value ?? '');
}

/** Why nothing may be changed: what people decide by is not what the worker reads. */
export function setupRefusal(sides: ReadonlyMap<Side, Configured>): Refusal | undefined {
  const [desk, worker] = [sides.get('desk'), sides.get('worker')];
  if (desk === undefined || worker === undefined) return undefined;
  const parts = differing(desk.setup, worker.setup);
  if (parts.length === 0) return undefined;
  const what = joined(parts.map((part) => WORDS[part]));
  const text = `Where it is decided and on the worker medic has not read the same: ${what} differ. Nothing was run; give both the same medic.yaml and inventory, and start again what has read another.`;
  return { code: 'inventory_differs', text };
}
