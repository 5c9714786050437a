import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compiledFolder } from '../bootstrap/compiled.mjs';
import { completionsIn } from './completions.ts';
import { type DemoFleet, startDemoFleet } from './fleet/demo-fleet.ts';
import { type PlantedFault, plantFaults } from './fleet/plant-faults.ts';
import { type LocalSlack, startLocalSlack } from './slack/local-slack.ts';
import type { LocalSlackOptions } from './slack/options.ts';

/** The two people of the demo and where they meet. */
export const alice = { id: 'U0ALICE', name: 'alice', realName: 'Alice', title: 'on call' };
export const bob = { id: 'U0BOB', name: 'bob', realName: 'Bob', title: 'approver' };
export const team = { id: 'T0LOCAL', name: 'Local' };
export const incidentChannel = { id: 'C0OPS', name: 'incidents' };

/** A small whole installation on this machine: fleet, local Slack, bot and worker as two processes. */
export type Installation = {
  readonly slack: LocalSlack;
  readonly fleet: DemoFleet;
  /** The faults it starts with. */
  readonly planted: readonly PlantedFault[];
  /** Process ids of the two roots. */
  readonly pids: { readonly bot: number; readonly worker: number };
  /** Base of the bot's own HTTP routes. */
  readonly botUrl: string;
  readonly folder: string;
  /** An alert, as the cluster's router would send it; absent: the first one of the demo. */
  alert(event?: object): Promise<void>;
  close(): Promise<void>;
};

/** Starts everything below `folder`, which is made anew, with the runbook's faults planted. */
export async function startInstallation({
  folder,
  slackPort,
  onDeath,
}: {
  readonly folder: string;
  readonly slackPort: number;
  readonly onDeath: (what: string) => void;
}): Promise<Installation> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fleet = await startDemoFleet({ folder: join(folder, 'fleet') });
  const planted = await plantFaults(fleet.nodes);
  const [botToken, appToken, signingSecret, alertsToken] = [`xoxb-${secret()}`, `xapp-${secret()}`, secret(), secret()];
  const slack = await startSlackOn(slackPort, {
    host: '127.0.0.1',
    team,
    people: [alice, bob],
    channels: [incidentChannel, { id: 'C0ALERTS', name: 'alerts' }],
    app: {
      id: 'A0MEDIC',
      botId: 'B0MEDIC',
      botUserId: 'U0MEDIC',
      name: 'medic',
      botToken,
      appToken,
      signingSecret,
      command: '/models',
    },
    completions: completionsIn(join(folder, 'medic.yaml'), team.id),
    hints: [
      'An alert has opened a thread: models are wrong on some nodes. Open it: what was found is there, and the plans that would mend it.',
      'Nothing runs before somebody presses Approve. Some plans need a second person: switch to Bob at the top and approve there too.',
      'Or type /models help below.',
    ],
  });
  const config = join(folder, 'medic.yaml');
  await writeFile(config, medicYaml(fleet), { mode: 0o600 });
  const shared = { ...inherited(process.env), MEDIC_CONFIG: config };
  const compiled = await compiledFolder();
  const startRoot = (name: 'bot' | 'worker', env: NodeJS.ProcessEnv) =>
    startProgram(join(compiled, `${name}.js`), join(folder, `${name}.log`), env);
  const worker = startRoot('worker', { ...shared, MEDIC_WORKER_PORT: '0' });
  const bot = startRoot('bot', {
    ...shared,
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    ALERTS_TOKEN: alertsToken,
    PORT: '0',
  });
  const children = [worker, bot];
  let closing = false;
  for (const [name, child] of Object.entries({ worker, bot })) {
    child.once('exit', (code) => {
      if (!closing) onDeath(`the ${name} ended by itself (${String(code)}); see ${join(folder, `${name}.log`)}`);
    });
  }
  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all(children.map(endChild));
    await slack.close();
    await fleet.close();
  };
  const ports = await Promise.all([ready(worker), ready(bot)]).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const botUrl = `http://127.0.0.1:${ports[1]}`;
  return {
    slack,
    fleet,
    planted,
    pids: { bot: pidOf(bot), worker: pidOf(worker) },
    botUrl,
    folder,
    alert: (event) => sendAlert(botUrl, alertsToken, event),
    close,
  };
}

/** The wanted port where it is free, else any: a page that stays open finds the next demo again. */
async function startSlackOn(port: number, options: Omit<LocalSlackOptions, 'port'>): Promise<LocalSlack> {
  try {
    return await startLocalSlack({ ...options, port });
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken || port === 0) throw error;
    return startLocalSlack({ ...options, port: 0 });
  }
}

/** This process's environment without what would lead the demo to somebody's real Slack, Redis or inventory. */
function inherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(MEDIC_(?!REDIS_SERVER$)|REDIS_URL|SLACK_|ALERTS_TOKEN|HOST$|PORT$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

function secret(): string {
  return randomBytes(16).toString('hex');
}

function medicYaml({ inventoryPath, knownHostsPath }: DemoFleet): string {
  return [
    `inventory: ${JSON.stringify(inventoryPath)}`,
    `knownHosts: ${JSON.stringify(knownHostsPath)}`,
    'cluster: demo',
    'models: { configs: [hex8_2p, hex8_4p, square8_2p] }',
    `slack: { incidentChannel: ${incidentChannel.id} }`,
    // All nodes are on this machine's disk: how full that is, is not the demo's matter.
    'limits: { groupWaitMs: 1000, diskWarnPercent: 100 }',
    'roles:',
    `  operators: ["${team.id}/${alice.id}"]`,
    `  approvers: ["${team.id}/${bob.id}"]`,
    'approvals: { replace: 1 }',
    'stateDir: ./state',
    '',
  ].join('\n');
}

function startProgram(file: string, logFile: string, env: NodeJS.ProcessEnv): ChildProcess {
  // The file itself and no pipe: a root must be able to end in order after this process was killed.
  const log = openSync(logFile, 'a', 0o600);
  // The demo itself runs through tsx, which a compiled program does without.
  const child = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'ignore', log, 'ipc'] });
  closeSync(log);
  return child;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a process of the installation could not be started');
  return pid;
}

/** Resolves with the port that a root tells when it is ready; 0 for the worker. */
async function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a process ended before it was ready (${String(code)})`)));
    child.on('message', (message) =>
      resolve(typeof message === 'object' && 'port' in message ? Number(message.port) : 0),
    );
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(hard);
}

function firstAlert(): object {
  return {
    event_type: 'MODEL_DISTRIBUTION_FAILED',
    payload: {
      reason: 'checksum verification failed on 2 nodes',
      items: ['canonical_hex8_2p.pth', 'canonical_hex8_4p.pth', 'canonical_square8_2p.pth'],
      node_id: 'mac-studio',
      timestamp: Date.now() / 1_000,
    },
    source: 'unified_distribution_daemon',
  };
}

async function sendAlert(botUrl: string, token: string, event: object = firstAlert()): Promise<void> {
  const response = await fetch(`${botUrl}/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  if (response.status !== 202)
    throw new Error(`the bot did not take the alert: ${response.status} ${await response.text()}`);
}
