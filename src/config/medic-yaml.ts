import { z } from 'zod';
import type { PlacedFault } from '../contract/inventory.ts';
import { Maintenance } from '../domain/maintenance.ts';
import { didYouMean } from '../domain/nearest.ts';
import { readYamlText } from '../inventory/yaml-text.ts';
import { AlertsSection } from './alert-senders.ts';
import { HeartbeatSection } from './heartbeat.ts';
import { ModelsSection } from './models.ts';
import { Ban, ChannelBounds, ChannelsSection, Grant, NeverSection, RolesSection } from './roles.ts';
import { SlackSection } from './slack.ts';

const MUST_BE_NODE = 'must be the name of a node, as the inventory spells it';
const MUST_BE_CLUSTER = 'must be lower-case letters, digits and "-", at most 32';

const NodeWord = z
  .string({ error: MUST_BE_NODE })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { error: MUST_BE_NODE })
  .nullable()
  .default(null);
/** A path as a file may name it. */
export const FilePath = z
  .string({ error: 'must be a path' })
  .regex(/^[^\p{Cc}]+$/u, { error: 'must be a path without control characters' });

const ApprovalsSection = z.strictObject({
  reversibleFew: count(0, 10, 0),
  reversibleMany: count(0, 10, 1),
  restore: count(0, 10, 1),
  replace: count(0, 10, 2),
  few: count(0, 10_000, 3),
  selfApproval: z.enum(['never', 'cli'], { error: 'must be never or cli' }).default('never'),
});
const MUST_BE_SET = 'must be a node set, as vast-* or vast-3,@provider:runpod';
const RelaySection = z.strictObject({
  /** Nodes from and to which nothing is relayed, beside those that the inventory marks `untrusted`. */
  untrusted: z
    .string({ error: MUST_BE_SET })
    .regex(/^[^\p{Cc}]{1,2000}$/u, { error: MUST_BE_SET })
    .nullable()
    .default(null),
  /** From how many receiving nodes on a plan relays without being asked; 0: never. */
  from: count(0, 10_000, 6),
  /** Nodes that one node sends to at once. */
  perSource: count(1, 64, 2),
  /** Nodes of one provider that receive at once. */
  perProvider: count(1, 1_000, 16),
});
const MUST_BE_SOURCE =
  'must be http://host[:port]/path or https://…, with {file} where the name of the model file belongs';
const MUST_BE_MBIT =
  "must be a map of providers, as vast (a node's name up to the first dash), to Mbit/s from 8 to 100000";
const TransportsSection = z.strictObject({
  /** Where nodes can pull the coordinator's models from; null: they cannot. */
  http: z
    .string({ error: MUST_BE_SOURCE })
    .refine((text) => isSource(text), { error: MUST_BE_SOURCE })
    .nullable()
    .default(null),
  /** How fast one node of a provider may be sent to. Below 8 Mbit/s a large model would not end in the time its step has. */
  nodeMbit: z
    .record(z.string().regex(/^[A-Za-z0-9]+$/), z.int().min(8).max(100_000), { error: MUST_BE_MBIT })
    .default({}),
  relay: RelaySection.prefault({}),
});
const ScheduleSection = z.strictObject({
  /** How often everything is looked at without being asked, in milliseconds; 0: never. */
  sweepMs: count(0, 86_400_000, 0),
  /** How often the list of nodes that are probably gone is said in the channel, in days; 0: never. */
  goneListDays: count(0, 90, 7),
});
const MUST_BE_RELATIVE = 'must be a path inside the cluster\'s own folder, without ".."';
const InnerPath = z
  .string({ error: MUST_BE_RELATIVE })
  .regex(/^(?!\/|~)(?!.*(?:^|\/)\.\.(?:\/|$))[^\p{Cc}]{1,500}$/u, { error: MUST_BE_RELATIVE });
const MUST_BE_STATUS = 'must be http://host[:port]/path or https://…, without user, password and query';
const DaemonSection = z.strictObject({
  /** Port of its HTTP status on the coordinator; 0: it has none. */
  statusPort: count(0, 65_535, 8_790),
  /** Where the worker itself reaches that status; null: it is asked from the coordinator. */
  statusUrl: z
    .string({ error: MUST_BE_STATUS })
    .refine((text) => isAddress(text), { error: MUST_BE_STATUS })
    .nullable()
    .default(null),
  ledger: InnerPath.nullable().default('data/coordination/delivery_ledger.db'),
  logs: z.array(InnerPath, { error: 'must be a list of paths' }).max(8).default(['logs/distribution.log']),
  /** Whether the cluster's own Python is asked as well; it imports the cluster's code. */
  python: z.boolean({ error: 'must be true or false' }).default(true),
  windowMinutes: count(1, 10_080, 60),
  criticalNodes: count(1, 10_000, 3),
  criticalPercent: count(1, 100, 20),
  stuckSeconds: count(1, 86_400, 300),
});
const FollowSection = z.strictObject({
  /** Failures in `daemon.logs` are alerts, for a cluster that alerts nobody. */
  log: z.boolean({ error: 'must be true or false' }).default(false),
  /** Failed deliveries in `daemon.ledger` are alerts. */
  ledger: z.boolean({ error: 'must be true or false' }).default(false),
  everyMs: count(500, 3_600_000, 10_000),
});
const LimitsSection = z.strictObject({
  driftPercent: count(0, 100, 20),
  approvalMinutes: count(1, 1_440, 15),
  approvalMinutesForTwo: count(1, 1_440, 30),
  runWindowMinutes: count(1, 1_440, 10),
  remindApproversMinutes: count(0, 1_440, 3),
  remindOwnerMinutes: count(0, 1_440, 10),
  callGroupMinutes: count(0, 1_440, 20),
  standingReportHour: count(0, 23, 8),
  unverifiedPerHour: count(0, 1_000, 3),
  unreachableMisses: count(1, 1_000, 3),
  changesPerNodeHour: count(1, 100_000, 20),
  changesPerClusterHour: count(1, 1_000_000, 200),
  diskWarnPercent: count(1, 100, 70),
  diskStopPercent: count(1, 100, 93),
  clockSkewS: count(1, 86_400, 60),
  leftoverMinutes: count(1, 100_000, 60),
  looksAtOnce: count(1, 256, 16),
  drainSeconds: count(0, 3_600, 60),
  quarantineDays: count(1, 3_650, 7),
  quarantineGenerations: count(1, 1_000, 2),
  quarantinePercent: count(1, 100, 5),
  alertsPerSecond: count(1, 100_000, 1_000),
  groupWaitMs: count(0, 600_000, 30_000),
  groupIntervalMs: count(0, 86_400_000, 300_000),
  repeatIntervalMs: count(1_000, 604_800_000, 14_400_000),
  retryWindowMs: count(0, 3_600_000, 180_000),
  watchEveryMs: count(100, 600_000, 15_000),
  reopenMinutes: count(0, 10_080, 60),
  looksPerMinute: count(1, 10_000, 60),
  flapTimes: count(2, 100, 3),
  flapMinutes: count(1, 1_440, 60),
  steadyMinutes: count(1, 1_440, 15),
});

const SECTIONS = {
  inventory: FilePath.default('./distributed_hosts.yaml'),
  knownHosts: FilePath.default('./known_hosts'),
  cluster: z
    .string({ error: MUST_BE_CLUSTER })
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, { error: MUST_BE_CLUSTER })
    .default('ringrift'),
  mode: z.enum(['act', 'observe'], { error: 'must be act or observe' }).default('act'),
  coordinator: NodeWord,
  localNode: NodeWord,
  models: ModelsSection.prefault({}),
  slack: SlackSection.prefault({}),
  roles: RolesSection,
  never: NeverSection,
  channels: ChannelsSection,
  approvals: ApprovalsSection.prefault({}),
  transports: TransportsSection.prefault({}),
  schedule: ScheduleSection.prefault({}),
  maintenance: z.array(Maintenance, { error: 'must be a list of windows' }).default([]),
  alerts: AlertsSection.prefault({}),
  follow: FollowSection.prefault({}),
  daemon: DaemonSection.prefault({}),
  limits: LimitsSection.prefault({}),
  heartbeat: HeartbeatSection.prefault({}),
  /** null: beside the file. */
  stateDir: FilePath.nullable().default(null),
};
const MedicYaml = z.strictObject(SECTIONS);

/** Everything medic.yaml can say, with the defaults filled in; paths as written. */
export type MedicYaml = z.infer<typeof MedicYaml>;

/** The part that is still known when something else in the file is wrong, so that the other files are checked too. */
export type FilesNamed = Pick<MedicYaml, 'inventory' | 'knownHosts' | 'coordinator' | 'localNode'> & {
  readonly transports?: MedicYaml['transports'];
};

/** The settings, or all faults with their lines; an unknown key is told with the nearest right one. */
export type ReadMedicYamlResult =
  | {
      readonly ok: true;
      readonly settings: MedicYaml;
      /** `medic.yaml:12 roles.rules[0]` of a path in it. */
      readonly place: (path: readonly (string | number)[]) => string;
    }
  | { readonly ok: false; readonly faults: readonly PlacedFault[]; readonly named: FilesNamed | null };

/** Reads the text of medic.yaml; never throws. */
export function readMedicYaml(options: { readonly text: string; readonly file: string }): ReadMedicYamlResult {
  const yaml = readYamlText({ ...options, version: '1.2' });
  const value = withoutNulls(yaml.value ?? {});
  if (yaml.value === undefined) return { ok: false, faults: yaml.faults, named: null };
  const parsed = MedicYaml.safeParse(value);
  if (parsed.success && yaml.faults.length === 0)
    return { ok: true, settings: parsed.data, place: (path) => yaml.place(path) };
  const faults = (parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, (path) => yaml.place(path), keysAt));
  return { ok: false, faults: [...yaml.faults, ...faults], named: filesNamed(value) };
}

/** The faults that one wrong value stands for, each with its line; `keysOf` names the keys that a map may have. */
export function faultsOf(
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[]) => string,
  keysOf: (path: readonly PropertyKey[]) => readonly string[],
): PlacedFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ place: place(issue.path), text: sentence(issue) }];
  const known = keysOf(issue.path);
  return issue.keys.map((key) => {
    const hint = didYouMean(key, known) || ` Keys here are ${known.join(', ')}.`;
    return { place: place([...issue.path, key]), text: `is no key of this file.${hint}` };
  });
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object' && issue.message.startsWith('Invalid'))
    return 'must be a map of keys';
  return issue.message;
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const [first, second, ...more] = path.map(String);
  const lines: Readonly<Record<string, z.ZodObject>> = { never: Ban, channels: ChannelBounds };
  const sections: Readonly<Record<string, z.ZodObject>> = {
    models: ModelsSection,
    slack: SlackSection,
    roles: RolesSection,
    approvals: ApprovalsSection,
    transports: TransportsSection,
    schedule: ScheduleSection,
    maintenance: Maintenance,
    alerts: AlertsSection,
    follow: FollowSection,
    daemon: DaemonSection,
    limits: LimitsSection,
    heartbeat: HeartbeatSection,
  };
  if (first === undefined) return Object.keys(MedicYaml.shape);
  if (first === 'roles' && second === 'rules' && more.length > 0) return Object.keys(Grant.shape);
  if (first === 'transports' && second === 'relay') return Object.keys(RelaySection.shape);
  return Object.keys((second === undefined ? sections : lines)[first]?.shape ?? {});
}

function filesNamed(value: unknown): FilesNamed | null {
  const loose = z.object({
    inventory: SECTIONS.inventory,
    knownHosts: SECTIONS.knownHosts,
    coordinator: SECTIONS.coordinator,
    localNode: SECTIONS.localNode,
  });
  const parsed = loose.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** A key with nothing after it says nothing: it has its default. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** An address that says where each model's file is and nothing else. */
function isSource(text: string): boolean {
  return text.split('{file}').length === 2 && isAddress(text.replace('{file}', 'x'));
}

/** A URL that says where something is and nothing else: no user, no password, no query. */
function isAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return (
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && /^[\x21-\x7e]+$/.test(text)
  );
}

function count(min: number, max: number, fallback: number): z.ZodDefault<z.ZodInt> {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error }).default(fallback);
}
