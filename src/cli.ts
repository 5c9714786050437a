import { type ChildProcess, fork } from 'node:child_process';
import { userInfo } from 'node:os';
import { help } from '../commands/help.ts';
import { validate } from '../commands/validate.ts';
import { loadInstallation } from './config/installation.ts';
import type { Config } from './config.ts';
import type { Causes } from './contract/causes.ts';
import type { CommandContext, Reply } from './contract/command.ts';
import type { Entry } from './domain/entry.ts';
import type { RefusalCode } from './domain/fault.ts';
import { takeCluster, whichCluster } from './domain/in-cluster.ts';
import { incidentOf } from './domain/incident.ts';
import { ApprovalRules } from './domain/policy.ts';
import { shellWords } from './domain/words.ts';
import { offerPlans } from './engine/offer-plans.ts';
import { runWords } from './engine/run-words.ts';
import { checkpointGate } from './facts/checkpoint-gate.ts';
import { openCluster } from './house/cluster.ts';
import { completeLine } from './house/complete.ts';
import { oneThatKnows, sameEverywhere } from './house/several.ts';
import { keepAtTheEnd } from './house/trail.ts';
import { createRedisCauses } from './ledger/redis-causes.ts';
import { commands } from './registry/commands.ts';
import { checks } from './registry/jobs.ts';
import { lookAnswer, planAnswer, receiptAnswer, type ShellAnswer, wholeIncident } from './shell/answer.ts';
import { awaitEvent } from './shell/await-event.ts';
import { doctorAnswer } from './shell/doctor-answer.ts';
import { EXIT, exitOf } from './shell/exit-codes.ts';
import { printed, printedJson, visible } from './shell/print.ts';
import { createProgress } from './shell/progress.ts';
import { readHere } from './shell/read-here.ts';
import { clustersOrExit, createLogger, type Memory, newSecretId, openMemory, rootFlags } from './wire.ts';

/** Longer than a worker that is there needs to take a job and to wait for a node that does not answer. */
const DOCTOR_PATIENCE_MS = 45_000;

// Composition root of the shell: the same commands, its own signing key, and without REDIS_URL a worker of its own.
const flags = rootFlags(process.argv.slice(2));
const { config: configFile, json, rest } = flags;
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `medic: this is a bug of medic, nothing that you did: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = EXIT.bug;
}
// A connection that is still closing must not keep a finished command from ending.
process.exit();

async function main(): Promise<number> {
  const split = shellWords(rest);
  const who = `cli:${userInfo().username}`;
  const name = rest[0] ?? 'help';
  if (!split.ok) return refuse(name, split.refusal);
  // Whoever has no medic.yaml yet needs help most.
  if (['help', '--help', '-h'].includes(name) && !loadInstallation(configFile === undefined ? {} : { configFile }).ok) {
    const policy = {
      operators: [],
      approvers: [who],
      approvals: ApprovalRules.parse({}),
      caps: { perNodeHour: 0, perClusterHour: 0 },
      mode: 'observe',
    } as const;
    const reply = await help.handle(split.words.slice(1), {
      commands,
      checks,
      who,
      policy,
      cluster: 'your cluster (no medic.yaml was found)',
    });
    return reply.kind === 'said'
      ? print(name, { lines: reply.lines, json: reply.json ?? {}, exit: reply.exit })
      : EXIT.usage;
  }
  // The cluster's own scripts validate with nothing installed but this.
  if (name === 'validate') {
    const reply = await validate.handle(rest.slice(1), { readCheckpoint: (path) => readHere(path, checkpointGate) });
    if (reply.kind === 'refused') return refuse(name, reply.refusal);
    return print(name, { lines: reply.lines, json: reply.json ?? {}, exit: reply.exit });
  }
  const logger = createLogger('shell');
  logger.level = 'warn';
  const configs = clustersOrExit(flags);
  if (name === 'complete') {
    const found = completeLine(rest[1] ?? '', { configs, who, logger });
    process.stdout.write(found.map(({ word }) => `${visible(word)}\n`).join(''));
    return 0;
  }
  const names = configs.map(({ cluster }) => cluster);
  const taken = takeCluster(split.words, names);
  if (!taken.ok) return refuse(name, taken.refusal);
  const [only] = configs;
  const chosen = configs.find(({ cluster }) => cluster === taken.cluster);
  const config =
    chosen ??
    (configs.length === 1 || sameEverywhere(name) ? only : await configThatKnows(configs, taken.words, logger));
  if (config === undefined) return refuse(name, whichCluster(names));
  const head = configs.length === 1 || sameEverywhere(name) ? undefined : config.cluster;
  const say = (answer: ShellAnswer): number => print(name, head === undefined ? answer : withHead(answer, head));
  for (const note of config.notes) process.stderr.write(`note: ${visible(note)}\n`);
  const memory = await openMemory(config, logger, 'shell');
  const invocation = config.redisUrl === null ? newSecretId() : undefined;
  const cluster = openCluster({ config, memory, signer: 'shell', invocation, logger });
  const context = await cluster.contextOf({
    who: cluster.ownPerson ?? who,
    place: undefined,
    incident: undefined,
  });
  let worker: ChildProcess | undefined;
  try {
    if (invocation !== undefined) await cluster.noteSetup();
    const reply = await runWords(taken.words, context);
    if (reply.kind === 'said') return say({ lines: reply.lines, json: reply.json ?? {}, exit: reply.exit });
    if (reply.kind === 'refused') return refuse(name, reply.refusal);
    if (invocation !== undefined) worker = startWorker(invocation, config.cluster);
    return say(await outcomeOf(reply, context, createRedisCauses(memory.redis, memory.prefix), worker));
  } finally {
    await end(worker);
    if (invocation !== undefined) await keepAtTheEnd(config, memory, logger);
    await cluster.close();
    await memory.close();
  }
}

/** The cluster that knows an id among the words. */
async function configThatKnows(
  configs: readonly Config[],
  words: readonly string[],
  logger: ReturnType<typeof createLogger>,
): Promise<Config | undefined> {
  const opened: Memory[] = [];
  const ledgerOf = async (config: Config) => {
    const memory = await openMemory(config, logger, 'shell');
    opened.push(memory);
    return memory.ledger;
  };
  try {
    return await oneThatKnows(configs, ledgerOf, words);
  } finally {
    await Promise.all(opened.map((memory) => memory.close()));
  }
}

/** Waits for the end of what was begun, showing progress on standard error, and answers from the ledger. */
async function outcomeOf(
  reply: Extract<Reply, { kind: 'begun' }>,
  context: CommandContext,
  causes: Causes,
  worker: ChildProcess | undefined,
): Promise<ShellAnswer> {
  const stop = new AbortController();
  const isDoctor = reply.until === 'checked' && reply.view === 'doctor';
  worker?.once('exit', () => stop.abort());
  process.once('SIGINT', () => worker?.kill('SIGTERM'));
  const progress = createProgress(process.stderr);
  try {
    const entries = await awaitEvent({
      ledger: context.ledger,
      incident: reply.incident,
      enough: (all) => endsWaiting(reply, all),
      onEntry: progress.show,
      signal: stop.signal,
      // That no worker is there is an answer too.
      ...(isDoctor ? { patienceMs: DOCTOR_PATIENCE_MS } : {}),
    });
    if (reply.until === 'planned') await makePrompts(entries, causes, context);
    const incident = wholeIncident(await context.ledger.entries(reply.incident));
    if (reply.until === 'checked') {
      const { view = 'findings' } = reply;
      return view === 'doctor' ? doctorAnswer(incident) : lookAnswer(incident, view);
    }
    if (reply.until === 'executed') return receiptAnswer(incident, reply.request);
    return planAnswer(incident);
  } finally {
    progress.end();
  }
}

function endsWaiting(reply: Extract<Reply, { kind: 'begun' }>, entries: readonly Entry[]): boolean {
  if (reply.until === 'executed') {
    const state = incidentOf(entries)?.prompts.find((prompt) => prompt.request === reply.request)?.state;
    return state !== 'authorized' && state !== 'running';
  }
  const ends = reply.until === 'checked' ? ['checked', 'check_failed'] : ['planned', 'plan_failed'];
  const from = entries.findIndex(({ id }) => id === reply.since);
  return entries.slice(from + 1).some(({ event }) => ends.includes(event.kind));
}

/** Puts the plans up for approval, so that `approve` finds a request to sign. */
async function makePrompts(
  entries: readonly Entry[],
  causes: Causes,
  { ledger, desk, now }: CommandContext,
): Promise<void> {
  const planned = entries.findLast(({ event }) => event.kind === 'planned');
  if (planned?.event.kind !== 'planned') return;
  const { id, incident, event } = planned;
  await offerPlans({ id, incident, event }, { ledger, desk, causes, now });
}

/** The shell's worker: a child with no key to sign with, listening on the queues of this call alone. */
function startWorker(invocation: string, cluster: string): ChildProcess {
  const file = new URL('./worker.js', import.meta.url);
  const own = [
    '--invocation',
    invocation,
    '--cluster',
    cluster,
    ...(configFile === undefined ? [] : ['--config', configFile]),
  ];
  const worker = fork(file, own, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  let said = '';
  worker.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4_000);
  });
  // Its log is of interest only when it ends before its work does.
  worker.once('exit', (code) => {
    if (code !== 0 && code !== null) process.stderr.write(said.split('\n').map(visible).join('\n'));
  });
  return worker;
}

async function end(worker: ChildProcess | undefined): Promise<void> {
  if (worker === undefined || worker.exitCode !== null) return;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGTERM');
  await ended;
}

/** Where an installation has several clusters an answer says which it is about. */
function withHead({ lines: [first = '', ...others], json: data, exit }: ShellAnswer, cluster: string): ShellAnswer {
  return { lines: [`${cluster}: ${first}`, ...others], json: { cluster, ...data }, exit };
}

function print(command: string, answer: ShellAnswer): number {
  process.stdout.write(printed(command, answer, json));
  return answer.exit;
}

function refuse(command: string, { code, text }: { readonly code: RefusalCode; readonly text: string }): number {
  const exit = exitOf(code);
  if (json) process.stdout.write(printedJson({ command, ok: false, refused: { code, text } }));
  else process.stderr.write(`✗ ${visible(text)}\n`);
  return exit;
}
