import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadConfigOptions, loadConfig, printFaults, requireSlack } from '../src/config.ts';

const HOSTS = 'hosts:\n  hub: {ssh_host: hub.example.net, role: coordinator}\n  n1: {ssh_host: n1.example.net}\n';
const ROLES = 'roles: {operators: [T0TEAM/U0ALICE], approvers: [T0TEAM/U0BOB, "cli:bob"]}\n';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medic-config-'));
  write('medic.yaml', ROLES);
  write('distributed_hosts.yaml', HOSTS);
  write('known_hosts', '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
}

function load(env: Record<string, string> = {}, but: LoadConfigOptions = {}) {
  return loadConfig({ env, cwd: folder, ...but });
}

function good(env: Record<string, string> = {}, but: LoadConfigOptions = {}) {
  const result = load(env, but);
  if (!result.ok) throw new Error(printFaults(result.faults));
  return result.config;
}

function faults(env: Record<string, string> = {}, but: LoadConfigOptions = {}): string[] {
  const result = load(env, but);
  return result.ok ? [] : printFaults(result.faults).split('\n').slice(0, -1);
}

describe('loadConfig', () => {
  it('reads the tokens of named senders from files, at most two, and shows none of them', () => {
    write('grafana', 'a-long-token\n');
    write('next', 'b-long-token');
    write('short', 'x');
    write('medic.yaml', `${ROLES}alerts: { senders: { grafana: { tokens: [grafana, ./next] } } }\n`);
    const { alertSenders } = good();
    expect(alertSenders.map(({ name, tokens }) => [name, ...tokens.map((token) => token.reveal())])).toEqual([
      ['grafana', 'a-long-token', 'b-long-token'],
    ]);
    expect(inspect(alertSenders, { depth: 5 })).not.toContain('long-token');
    write('medic.yaml', `${ROLES}alerts: { senders: { grafana: { tokens: [short, missing] } } }\n`);
    expect(faults()).toEqual([
      expect.stringMatching(/grafana\.tokens\[0\]: names a file without a token/),
      expect.stringMatching(/grafana\.tokens\[1\]: names a file that does not exist/),
    ]);
    write('medic.yaml', `${ROLES}alerts: { senders: { grafana: { tokens: [grafana, next, short] } } }\n`);
    expect(faults().join()).toMatch(/one or two files/);
  });

  it('wants maintenance windows over nodes and models that are there', () => {
    write('medic.yaml', `${ROLES}maintenance:\n  - { nodes: "n*", weekly: "sun 02:00-04:00" }\n`);
    expect(good().maintenance).toEqual([{ nodes: 'n*', weekly: 'sun 02:00-04:00', reason: '' }]);
    write(
      'medic.yaml',
      `${ROLES}maintenance:\n  - { nodes: n2, models: [hex8_22p], weekly: "sun 02:00-04:00" }\n  - { when: now }\n`,
    );
    expect(faults().join('\n')).toMatch(/medic\.yaml:\d+ maintenance\[1\].*when.*\n/);
    write('medic.yaml', `${ROLES}maintenance:\n  - { nodes: n2, models: [hex8_22p], weekly: "sun 02:00-04:00" }\n`);
    expect(faults()).toEqual([
      expect.stringMatching(/maintenance\[0\]\.nodes: .*n2/),
      expect.stringMatching(/maintenance\[0\]\.models: hex8_22p is no model\..*hex8_2p/),
    ]);
  });

  it('needs nothing but roles', () => {
    expect(good()).toMatchObject({
      cluster: 'ringrift',
      mode: 'act',
      configFile: join(folder, 'medic.yaml'),
      inventoryFile: join(folder, 'distributed_hosts.yaml'),
      knownHostsFile: join(folder, 'known_hosts'),
      stateDir: join(folder, 'state'),
      coordinator: null,
      localNode: null,
      policy: {
        operators: ['T0TEAM/U0ALICE'],
        approvers: ['T0TEAM/U0BOB', 'cli:bob'],
        approvals: { reversibleFew: 0, reversibleMany: 1, restore: 1, replace: 2, few: 3, selfApproval: 'never' },
        caps: { perNodeHour: 20, perClusterHour: 200 },
      },
      slack: { apiUrl: 'https://slack.com/api/', botToken: null, incidentChannel: null, watchChannels: [] },
      redisUrl: null,
      http: { host: '127.0.0.1', port: 3000, workerPort: 3001 },
      alertsToken: null,
      limits: { driftPercent: 20, approvalMinutes: 15, approvalMinutesForTwo: 30 },
      notes: [],
    });
    expect(good().models.map(({ name }) => name)).toHaveLength(12);
    expect(good().models[0]).toEqual({
      name: 'hex8_2p',
      canonical: 'canonical_hex8_2p.pth',
      alias: 'ringrift_best_hex8_2p.pth',
    });
    const result = load();
    expect(result.ok && result.inventory.nodes.map(({ name }) => name)).toEqual(['hub', 'n1']);
  });

  it('takes every key of the contract', () => {
    mkdirSync(join(folder, 'etc'));
    write('etc/hosts.yaml', HOSTS);
    write('etc/keys', '');
    write(
      'etc/medic.yaml',
      `inventory: ./hosts.yaml
knownHosts: keys
cluster: other-1
mode: observe
coordinator: n1
localNode: hub
models: {configs: [a, b], canonical: "c_{config}.pth", alias: "{config}.pth"}
slack: {incidentChannel: C0OPS, watchChannels: [C0ALERTS]}
${ROLES}approvals: {selfApproval: cli, replace: 1}
limits: {driftPercent: 5, groupWaitMs: 1000}
stateDir: ../state
`,
    );
    const config = good({}, { configFile: 'etc/medic.yaml' });
    expect(config).toMatchObject({
      inventoryFile: join(folder, 'etc/hosts.yaml'),
      knownHostsFile: join(folder, 'etc/keys'),
      stateDir: join(folder, 'state'),
      cluster: 'other-1',
      mode: 'observe',
      coordinator: 'n1',
      localNode: 'hub',
      policy: { approvals: { selfApproval: 'cli', replace: 1, few: 3 } },
      slack: { incidentChannel: 'C0OPS', watchChannels: ['C0ALERTS'] },
      limits: { driftPercent: 5, groupWaitMs: 1000, approvalMinutes: 15 },
    });
    expect(config.models).toEqual([
      { name: 'a', canonical: 'c_a.pth', alias: 'a.pth' },
      { name: 'b', canonical: 'c_b.pth', alias: 'b.pth' },
    ]);
    expect(good({ MEDIC_CONFIG: 'etc/medic.yaml' }).cluster).toBe('other-1');
    expect(good({ MEDIC_CONFIG: 'nowhere' }, { configFile: 'medic.yaml' }).cluster).toBe('ringrift');
  });

  it('lets the environment name the files', () => {
    write('other.yaml', HOSTS);
    write('other_keys', '');
    expect(good({ MEDIC_INVENTORY: 'other.yaml', MEDIC_KNOWN_HOSTS: 'other_keys' })).toMatchObject({
      inventoryFile: join(folder, 'other.yaml'),
      knownHostsFile: join(folder, 'other_keys'),
    });
  });

  it('tells the faults of environment and all three files at once', () => {
    write('medic.yaml', `mdoe: act\nroles:\n  operators: [alice]\n  approver: []\n`);
    write('distributed_hosts.yaml', 'hosts:\n  hub: {ssh_host: h, role: coordinator, ssh_port: x}\n');
    rmSync(join(folder, 'known_hosts'));
    const lines = faults({ PORT: 'eighty', REDIS_URL: 'redis://redis.example.net:6379' });
    const expected = [
      /^REDIS_URL: reaches another machine without TLS/,
      /^PORT: must be a port/,
      /^medic\.yaml:3 roles\.operators\[0\]: must be a person/,
      /^medic\.yaml:4 roles\.approver: is no key of this file\. Did you mean approvers\?/,
      /^medic\.yaml:1 mdoe: is no key of this file\. Did you mean mode\?/,
      /^distributed_hosts\.yaml:2 hosts\.hub\.ssh_port: must be a port/,
      /^known_hosts: does not exist/,
    ];
    for (const pattern of expected) expect(lines).toContainEqual(expect.stringMatching(pattern));
    expect(lines).toHaveLength(expected.length);
  });

  it.each([
    ['', 'medic.yaml roles: is missing: who may ask'],
    ['roles: 5', 'medic.yaml:1 roles:'],
    [`${ROLES}mode: dance`, 'medic.yaml:2 mode: must be act or observe'],
    [`${ROLES}cluster: Big Cluster`, 'medic.yaml:2 cluster: must be lower-case'],
    [`${ROLES}coordinator: hbu`, 'Did you mean hub?'],
    [`${ROLES}localNode: [a]`, 'medic.yaml:2 localNode: must be the name of a node'],
    [`${ROLES}slack: {incidentChannel: "#ops"}`, "medic.yaml:2 slack.incidentChannel: must be a channel's id"],
    [`${ROLES}slack: 7`, 'medic.yaml:2 slack: must be a map of keys'],
    [`${ROLES}approvals: {few: -1}`, 'medic.yaml:2 approvals.few: must be a whole number'],
    [`${ROLES}approvals: {selfApproval: always}`, 'medic.yaml:2 approvals.selfApproval: must be never or cli'],
    [`${ROLES}limits: {driftPercent: 101}`, 'medic.yaml:2 limits.driftPercent: must be a whole number from 0 to 100'],
    [`${ROLES}limits: {drift: 1}`, 'Did you mean driftPercent?'],
    [`${ROLES}models: {configs: []}`, 'medic.yaml:2 models.configs: must name at least one'],
    [`${ROLES}models: {configs: [a/b]}`, 'medic.yaml:2 models.configs[0]: must be a configuration'],
    [`${ROLES}models: {configs: [on]}`, 'medic.yaml:2 models.configs[0]: must be a configuration'],
    [`${ROLES}models: {canonical: x.pth}`, 'medic.yaml:2 models.canonical: must be a file name with {config}'],
    [`${ROLES}models: {canonical: "{config}{config}"}`, 'models.canonical: must be a file name with {config}'],
    [`${ROLES}models: {alias: "../{config}.pth"}`, 'medic.yaml:2 models.alias: must be a file name'],
    [`${ROLES}models: {alias: "-{config}.pth"}`, 'medic.yaml:2 models.alias: must be a file name'],
    [`${ROLES}models: {alias: ".medic-{config}"}`, 'medic.yaml:2 models.alias: must be a file name'],
    [`${ROLES}models: {alias: "canonical_{config}.pth"}`, 'names must differ'],
    [`${ROLES}models: {configs: [a, A]}`, 'medic.yaml:2 models.configs[1]'],
    [`${ROLES}transports: {relay: {form: 3}}`, 'Did you mean from?'],
    [`${ROLES}transports: {relay: {untrusted: hbu}}`, 'transports.relay.untrusted'],
    [`${ROLES}transports: {relay: {perSource: 0}}`, 'transports.relay.perSource: must be a whole number from 1'],
    [`${ROLES}stateDir: ./known_hosts`, 'is not a folder'],
    [`${ROLES}mode: act\nmode: act`, 'medic.yaml:3: this key is here twice'],
    [`${ROLES}  bad`, 'not readable as YAML'],
  ])('medic.yaml %j: %s', (text, part) => {
    write('medic.yaml', text);
    expect(faults().join('\n')).toContain(part);
  });

  it.each([
    ['roles: {operators: [], approvers: [T0TEAM/S0ONCALL]}\nnever: [{nodes: n1}]', 'never[0].because: must say why'],
    [`${ROLES}never: [{because: no}]`, 'medic.yaml:2 never[0]: forbids nothing'],
    [`${ROLES}never: [{commands: [pin], nodes: n1, because: no}]`, 'make two lines of it'],
    [
      `${ROLES}never: [{commands: [pim], because: no}]`,
      'medic.yaml:2 never[0].commands: "pim" is no command. Did you mean pin?',
    ],
    [`${ROLES}never: [{nodes: n9, because: no}]`, 'medic.yaml:2 never[0].nodes: "n9" is no node'],
    [
      `${ROLES}channels: {C0OPS: {models: [hex9_*]}}`,
      'medic.yaml:2 channels.C0OPS.models: "hex9_*" is no configuration',
    ],
    [`${ROLES}channels: {ops: {}}`, 'channels'],
    [`${ROLES}channels: {C0OPS: {node: n1}}`, 'is no key of this file. Did you mean nodes?'],
    ['roles: {approvers: ["key:bob"]}', 'key:bob has no key: roles.shellKeys has none of that name'],
    ['roles: {shellKeys: {bob: abc}}', 'must be an Ed25519 public key in base64'],
    ['roles: {rules: [{people: [bob], may: operate}]}', 'must be a person'],
    ['roles: {rules: [{people: [T0TEAM/U0BOB], may: rule}]}', 'must be operate or approve'],
  ])('rights %j: %s', (text, part) => {
    write('medic.yaml', text);
    expect(faults({}, { commands: ['check', 'fix', 'pin'] }).join('\n')).toContain(part);
  });

  it('reads rights with patterns of models as their names, and drops names of a shell on a shared Redis from every list', () => {
    const shellOnly =
      'breakGlass: ["cli:bob"], rules: [{people: ["cli:bob", T0TEAM/U0EVE], may: operate, models: ["hex8_*"]}]';
    write('medic.yaml', `roles: {operators: [T0TEAM/U0ALICE], approvers: ["cli:bob"], ${shellOnly}}\n`);
    expect(good().policy.rules).toEqual([
      { people: ['cli:bob', 'T0TEAM/U0EVE'], may: 'operate', models: ['hex8_2p', 'hex8_3p', 'hex8_4p'] },
    ]);
    const shared = good({ REDIS_URL: 'redis://127.0.0.1:6379' });
    expect(shared.policy).toMatchObject({ approvers: [], breakGlass: [], rules: [{ people: ['T0TEAM/U0EVE'] }] });
    expect(shared.notes.join('\n')).toContain('cli:bob has no rights here');
  });

  it('takes a key with nothing after it as not said', () => {
    write('medic.yaml', `${ROLES}slack:\nmodels:\ncoordinator:\n`);
    expect(good().coordinator).toBeNull();
  });

  it.each(['medic.yaml', 'distributed_hosts.yaml', 'known_hosts'])('refuses %s when others can write it', (name) => {
    chmodSync(join(folder, name), 0o664);
    expect(faults()).toEqual([`${name}: can be written by group or others: chmod go-w it`]);
  });

  it('says which file is not there', () => {
    expect(faults({ MEDIC_CONFIG: 'none.yaml', PORT: '-1' })).toEqual([
      'PORT: must be a port: a number from 0 to 65535',
      'none.yaml: does not exist',
    ]);
    expect(faults({ MEDIC_INVENTORY: 'none.yaml' })).toEqual(['none.yaml: does not exist']);
  });

  it('honours people of a shell with the embedded Redis only', () => {
    const config = good({ REDIS_URL: 'redis://127.0.0.1:6379' });
    expect(config.policy.approvers).toEqual(['T0TEAM/U0BOB']);
    expect(config.notes.join('\n')).toContain('cli:bob has no rights here');
    expect(config.notes.join('\n')).toContain('some plans need 2 approvers, but roles.approvers lists 1');
  });

  it('shows no secret however it is printed', () => {
    write('token', 'xoxb-hidden-1\n');
    const env = {
      SLACK_BOT_TOKEN_FILE: 'token',
      SLACK_APP_TOKEN: 'xapp-hidden-2',
      SLACK_SIGNING_SECRET: 'hidden-3',
      ALERTS_TOKEN: 'hidden-4',
      REDIS_URL: 'rediss://:hidden-5@redis.example.net:6380/0',
    };
    const config = good(env);
    expect(config.slack.botToken?.reveal()).toBe('xoxb-hidden-1');
    expect(config.redisUrl?.reveal()).toBe(env.REDIS_URL);
    const shown = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), String(config.alertsToken)];
    for (const text of shown) expect(text).not.toContain('hidden-');
  });
});

describe('requireSlack', () => {
  it('asks for what the bot cannot do without', () => {
    expect(requireSlack(good()).map(({ place }) => place)).toEqual([
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      `${join(folder, 'medic.yaml')} slack.incidentChannel`,
    ]);
    write('medic.yaml', `${ROLES}slack: {incidentChannel: C0OPS}\n`);
    expect(requireSlack(good({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }))).toEqual([]);
    expect(requireSlack(good({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' }))).toEqual([]);
  });
});

describe('printFaults', () => {
  it('gives each fault one line', () => {
    const text = printFaults([
      { place: 'a\nb', text: 'wrong\u001b[31m' },
      { place: 'c', text: 'too' },
    ]);
    expect(text).toBe('a b: wrong [31m\nc: too\n');
  });
});
