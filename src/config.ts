import { dirname, resolve } from 'node:path';
import { type AlertSender, readAlertSenders } from './config/alert-senders.ts';
import { type Environment, readEnvironment, type Variables } from './config/environment.ts';
import { maintenanceFaults } from './config/maintenance.ts';
import { type FilesNamed, type MedicYaml, readMedicYaml } from './config/medic-yaml.ts';
import { modelsOf } from './config/models.ts';
import { besidePath, isOtherThanFolder, shownPath } from './config/paths.ts';
import type { Secret } from './config/secret.ts';
import { peopleIn, withoutPeople, writtenPolicy } from './config/written-policy.ts';
import type { Inventory, PlacedFault } from './contract/inventory.ts';
import type { Model } from './domain/model.ts';
import type { ClusterName, NodeName } from './domain/names.ts';
import { isGroup, type WrittenPolicy } from './domain/policy-now.ts';
import { readGuardedFile } from './inventory/guarded-file.ts';
import { readInventory } from './inventory/read-inventory.ts';
import { INVENTORY_BYTES_MAX } from './inventory/watch-inventory.ts';

/** Everything that bot, worker and shell are told from outside. Secrets show as `[secret]` wherever this is printed. */
export type Config = {
  readonly cluster: ClusterName;
  readonly mode: 'act' | 'observe';
  /** Absolute paths. */
  readonly configFile: string;
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly stateDir: string;
  /** Where the embedded Redis lives: the installation's own state folder, whichever cluster asks. */
  readonly redisDir: string;
  /** What a worker is never to do; read by workers alone. */
  readonly ceilingsFile: string;
  /** As medic.yaml names it; null: the inventory has exactly one. */
  readonly coordinator: NodeName | null;
  readonly localNode: NodeName | null;
  readonly models: readonly Model[];
  /** Who may do what, as written; `policyNow` says what it means with the inventory of the moment. */
  readonly policy: WrittenPolicy;
  /** Public halves of people's own keys for a shell on a shared Redis, by name: SPKI in base64. */
  readonly shellKeys: Readonly<Record<string, string>>;
  readonly slack: MedicYaml['slack'] & {
    readonly apiUrl: string;
    readonly botToken: Secret | null;
    readonly appToken: Secret | null;
    readonly signingSecret: Secret | null;
  };
  /** null: an embedded Redis in the state folder. */
  readonly redisUrl: Secret | null;
  /** PEM of the authority of Redis' certificates; null: the usual ones. */
  readonly redisCa: string | null;
  /** Ports: 0 gives `port` any free one and turns `workerPort` off. */
  readonly http: { readonly host: string; readonly port: number; readonly workerPort: number };
  readonly alertsToken: Secret | null;
  readonly transports: MedicYaml['transports'] & { readonly token: Secret | null };
  readonly schedule: MedicYaml['schedule'];
  readonly maintenance: MedicYaml['maintenance'];
  /** Beside `alertsToken`, which has no name. */
  readonly alertSenders: readonly AlertSender[];
  readonly follow: MedicYaml['follow'];
  readonly daemon: MedicYaml['daemon'];
  readonly limits: MedicYaml['limits'];
  readonly heartbeat: MedicYaml['heartbeat'];
  readonly traces: Environment['traces'];
  /** What is allowed but worth saying at the start. */
  readonly notes: readonly string[];
};

/** Where to look; without `env`, `cwd` and `uid` those of this process. `configFile` is what `--config` named. */
export type LoadConfigOptions = {
  readonly env?: Variables;
  readonly cwd?: string;
  readonly configFile?: string;
  /** The service's user; null where the system has none. */
  readonly uid?: number | null;
  /** Names that the policy's lines may have; absent: they are not compared with any. */
  readonly commands?: readonly string[];
  /** One of several clusters: its state is in a folder of its name in the installation's `stateDir` (absolute). */
  readonly within?: { readonly stateDir: string };
};

/** The configuration with the inventory it was checked against, or every fault of environment and files. */
export type LoadConfigResult =
  | { readonly ok: true; readonly config: Config; readonly inventory: Inventory }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] };

/** How large medic.yaml may be. */
export const SMALL_FILE_BYTES_MAX = 1024 * 1024;
/** Where state is kept when medic.yaml does not say. */
export const DEFAULT_STATE_DIR = './state';
const STATE_ELSEWHERE = "belongs into the installation's file: each cluster's state is kept there under its name";

/** Reads and checks environment, medic.yaml, inventory and known_hosts together; connects to nothing and never throws for bad input. */
export function loadConfig(options: LoadConfigOptions = {}): LoadConfigResult {
  const { env = process.env, cwd = process.cwd(), uid = process.getuid?.() ?? null, within } = options;
  const { environment, faults: environmentFaults } = readEnvironment(env, cwd);
  const faults: PlacedFault[] = [...environmentFaults];
  const show = (path: string): string => shownPath(path, cwd);
  const named = options.configFile === undefined ? environment.configFile : resolve(cwd, options.configFile);
  const configFile = named ?? resolve(cwd, 'medic.yaml');
  const file = readGuardedFile({ path: configFile, uid, bytesMax: SMALL_FILE_BYTES_MAX });
  if (!file.ok) return { ok: false, faults: [...faults, { place: show(configFile), text: file.text }] };
  const read = readMedicYaml({ text: file.text, file: show(configFile) });
  if (!read.ok) faults.push(...read.faults);
  const known = read.ok ? read.settings : read.named;
  if (known === null) return { ok: false, faults };
  const base = dirname(configFile);
  const inventoryFile = environment.inventoryFile ?? besidePath(base, known.inventory);
  const knownHostsFile = environment.knownHostsFile ?? besidePath(base, known.knownHosts);
  const inventory = loadInventory({ path: inventoryFile, place: show(inventoryFile), known, uid });
  if (!inventory.ok) faults.push(...inventory.faults);
  const hosts = readGuardedFile({ path: knownHostsFile, uid, bytesMax: INVENTORY_BYTES_MAX });
  if (!hosts.ok) faults.push({ place: show(knownHostsFile), text: knownHostsText(hosts.text) });
  if (!read.ok || !inventory.ok) return { ok: false, faults };
  faults.push(...maintenanceFaults(read.settings, inventory.inventory, show(configFile)));
  const alerts = readAlertSenders(read.settings.alerts, { base, file: show(configFile), uid });
  faults.push(...alerts.faults);
  if (within !== undefined && read.settings.stateDir !== null) {
    faults.push({ place: `${show(configFile)} stateDir`, text: STATE_ELSEWHERE });
  }
  const redisDir = within?.stateDir ?? besidePath(base, read.settings.stateDir ?? DEFAULT_STATE_DIR);
  const stateDir = within === undefined ? redisDir : resolve(redisDir, read.settings.cluster);
  if (isOtherThanFolder(stateDir))
    faults.push({ place: show(stateDir), text: 'is not a folder, but stateDir must be one' });
  if (faults.length > 0) return { ok: false, faults };
  const models = modelsOf(read.settings.models);
  const { nodes } = inventory.inventory;
  const written = writtenPolicy(read.settings, { models, nodes, commands: options.commands }, read.place);
  if (written.faults.length > 0) return { ok: false, faults: written.faults };
  const ceilingsFile = environment.ceilingsFile ?? resolve(stateDir, 'ceilings.yaml');
  const files = { configFile, inventoryFile, knownHostsFile, stateDir, redisDir, ceilingsFile };
  const paths = { ...files, alertSenders: alerts.senders };
  return {
    ok: true,
    config: assemble(read.settings, { environment, paths, written: written.policy }),
    inventory: inventory.inventory,
  };
}

/** What the bot needs beyond the rest before it can reach Slack; empty when nothing is missing. */
export function requireSlack(config: Config): PlacedFault[] {
  const faults: PlacedFault[] = [];
  if (config.slack.botToken === null)
    faults.push({ place: 'SLACK_BOT_TOKEN', text: 'is missing: the bot token (xoxb-…)' });
  if (config.slack.appToken === null && config.slack.signingSecret === null) {
    const text = 'is missing: an app token (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP';
    faults.push({ place: 'SLACK_APP_TOKEN', text });
  }
  if (config.slack.incidentChannel === null) {
    faults.push({
      place: `${config.configFile} slack.incidentChannel`,
      text: 'is missing: the id of the channel for incidents, as C0OPS',
    });
  }
  return faults;
}

/** Every fault on a line of its own, for standard error. */
export function printFaults(faults: readonly PlacedFault[]): string {
  return faults.map(({ place, text }) => `${oneLine(place)}: ${oneLine(text)}\n`).join('');
}

function loadInventory(options: {
  readonly path: string;
  readonly place: string;
  readonly known: FilesNamed;
  readonly uid: number | null;
}):
  | { readonly ok: true; readonly inventory: Inventory }
  | { readonly ok: false; readonly faults: readonly PlacedFault[] } {
  const { path, place, known, uid } = options;
  const file = readGuardedFile({ path, uid, bytesMax: INVENTORY_BYTES_MAX });
  if (!file.ok) return { ok: false, faults: [{ place, text: file.text }] };
  const { coordinator, localNode, transports } = known;
  const untrusted = transports?.relay.untrusted ?? null;
  return readInventory({ text: file.text, file: place, coordinator, localNode, untrusted });
}

function assemble(
  settings: MedicYaml,
  {
    environment,
    paths,
    written,
  }: {
    readonly environment: Environment;
    readonly paths: Pick<
      Config,
      'configFile' | 'inventoryFile' | 'knownHostsFile' | 'stateDir' | 'redisDir' | 'alertSenders' | 'ceilingsFile'
    >;
    readonly written: WrittenPolicy;
  },
): Config {
  const { slack } = settings;
  // Whoever reaches a Redis on the network could claim to be any user of a shell, but not to hold a key.
  const dropped = environment.redisUrl === null ? [] : peopleIn(written).filter((person) => person.startsWith('cli:'));
  const policy = withoutPeople(written, dropped);
  return {
    ...paths,
    cluster: settings.cluster,
    mode: settings.mode,
    coordinator: settings.coordinator,
    localNode: settings.localNode,
    models: modelsOf(settings.models),
    policy,
    shellKeys: settings.roles.shellKeys,
    slack: {
      apiUrl: environment.slackApiUrl,
      botToken: environment.botToken,
      appToken: environment.appToken,
      signingSecret: environment.signingSecret,
      ...slack,
    },
    redisUrl: environment.redisUrl,
    redisCa: environment.redisCa,
    http: { host: environment.host, port: environment.port, workerPort: environment.workerPort },
    alertsToken: environment.alertsToken,
    transports: { ...settings.transports, token: environment.sourceToken },
    schedule: settings.schedule,
    maintenance: settings.maintenance,
    follow: settings.follow,
    daemon: settings.daemon,
    limits: settings.limits,
    heartbeat: settings.heartbeat,
    traces: environment.traces,
    notes: notesOf(policy, dropped),
  };
}

function notesOf({ approvals, approvers }: WrittenPolicy, dropped: readonly string[]): string[] {
  const notes = dropped.map(
    (person) =>
      `${person} has no rights here: people of a shell count with the embedded Redis only, or with a key in roles.shellKeys`,
  );
  const needed = Math.max(approvals.reversibleMany, approvals.restore, approvals.replace);
  // How many a user group has is Slack's to say.
  const enough = approvers.length >= needed || approvers.some(isGroup);
  if (!enough && approvals.selfApproval === 'never') {
    notes.push(
      `some plans need ${needed} approvers, but roles.approvers lists ${approvers.length}: they can never run`,
    );
  }
  return notes;
}

function knownHostsText(text: string): string {
  if (text !== 'does not exist') return text;
  return 'does not exist: put the host keys of the nodes there, as ssh-keyscan prints them, after comparing them';
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
