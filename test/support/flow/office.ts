import { join } from 'node:path';
import { pino } from 'pino';
import type { Config } from '../../../src/config.ts';
import type { ApprovalDesk } from '../../../src/contract/command.ts';
import type { Dispatch } from '../../../src/contract/dispatch.ts';
import type { Entry, EventOf, Scope } from '../../../src/domain/entry.ts';
import { type Incident, incidentOf } from '../../../src/domain/incident.ts';
import { hashPlan, type Plan } from '../../../src/domain/plan.ts';
import type { Receipt } from '../../../src/domain/receipt.ts';
import { createApprovalDesk } from '../../../src/engine/approval-desk.ts';
import { openSigner } from '../../../src/keys/approval-keys.ts';
import { createDispatch, type QueuePlace } from '../../../src/queue/queues.ts';
import {
  deskMinutes,
  type Memory,
  newId,
  newSecretId,
  openInventory,
  openMemory,
  policyOf,
} from '../../../src/wire.ts';
import { ledgerByWriter, ordersByWriter } from '../builders/by-writer.ts';
import { me } from './site.ts';
import { until } from './until.ts';

/** What an office looks at: what the repairs are for. Every further check would run with each of some thousand looks of the suite. */
const CHECKS = ['reachable', 'model-present', 'model-digest', 'model-format', 'alias-links', 'leftovers'];

/** A logger that says nothing. */
export const quiet = pino({ level: 'silent' });

/** The bot's side of an installation without Slack: it asks for plans, signs, and reads the ledger. */
export interface Office {
  readonly config: Config;
  readonly memory: Memory;
  readonly dispatch: Dispatch;
  readonly desk: ApprovalDesk;
  readonly queues: QueuePlace;
  /** Opens an incident about these nodes and all models, with the checks of models and aliases. */
  open(nodes: readonly string[], text: string): Promise<{ readonly incident: string; readonly scope: Scope }>;
  entries(incident: string): Promise<readonly Entry[]>;
  incident(id: string): Promise<Incident>;
  /** Opens an incident about these nodes and waits for its plans. */
  plan(nodes: readonly string[]): Promise<{
    readonly incident: string;
    readonly plans: readonly Plan[];
    readonly refusals: EventOf<'planned'>['refusals'];
  }>;
  /** Looks at these nodes through the worker. */
  look(nodes: readonly string[]): Promise<EventOf<'checked'>['report']>;
  /** Puts the plan up and approves it; resolves with its request when the worker has it. */
  approve(incident: string, plan: Plan, who?: string): Promise<string>;
  /** The receipt of a request; throws when it does not come. */
  receipt(incident: string, request: string, ms?: number): Promise<Receipt>;
  close(): Promise<void>;
}

/** Joins the Redis of the installation as its shell would, with the shell's key; what a test writes there in the name of bot and worker is signed with theirs. */
export async function openOffice(config: Config): Promise<Office> {
  const [shell, bot, worker] = await Promise.all([
    openMemory(config, quiet, 'shell'),
    openMemory(config, quiet, 'bot'),
    openMemory(config, quiet, 'worker'),
  ]);
  const of = { shell, bot, worker };
  const memory: Memory = {
    ...shell,
    ledger: ledgerByWriter((program) => of[program].ledger),
    orders: ordersByWriter((program) => of[program].orders),
    close: async () => void (await Promise.all([shell, bot, worker].map((one) => one.close()))),
  };
  const { ledger } = memory;
  const queues = memory.queues();
  const dispatch = createDispatch(queues, quiet, shell.signing);
  const source = openInventory(config, quiet);
  const desk = createApprovalDesk({
    cluster: config.cluster,
    ledger,
    orders: memory.orders,
    changes: memory.changes,
    dispatch,
    signer: openSigner(config.stateDir, 'shell'),
    policy: () => policyOf(config, source),
    now: () => new Date(),
    newRequestId: newSecretId,
    minutes: deskMinutes(config),
  });
  const inventory = source.current();
  const open = async (nodes: readonly string[], text: string) => {
    const incident = newId('i-');
    const scope = {
      models: config.models.map(({ name }) => name),
      nodes: [...nodes],
      checks: CHECKS,
    };
    await ledger.append(incident, { kind: 'opened', by: me, text, scope });
    return { incident, scope };
  };
  const office: Office = {
    config,
    memory,
    dispatch,
    desk,
    queues,
    open,
    entries: (id) => ledger.entries(id),
    async incident(id) {
      const incident = incidentOf(await ledger.entries(id));
      if (incident === undefined) throw new Error(`no incident ${id}`);
      return incident;
    },
    async plan(nodes) {
      const { incident, scope } = await open(nodes, 'fix');
      await dispatch.plan({ incident, scope, by: me, inventory: inventory.digest });
      const planned = await until(
        `plans of ${incident}`,
        async () => (await ledger.entries(incident)).flatMap(({ event }) => planningIn(event))[0],
      );
      return { incident, plans: planned.plans, refusals: planned.refusals };
    },
    async look(nodes) {
      const { incident, scope } = await open(nodes, 'check');
      await dispatch.check({ incident, scope, fresh: true, inventory: inventory.digest });
      const checked = await until(
        `a look at ${nodes.join(', ')}`,
        async () =>
          (await ledger.entries(incident)).flatMap(({ event }) => (event.kind === 'checked' ? [event] : []))[0],
      );
      return checked.report;
    },
    async approve(incident, plan, who = me) {
      const request = await desk.request({ incident, plan, requester: me, once: newSecretId() });
      if (request === undefined) throw new Error(`no request for ${hashPlan(plan)}`);
      const decision = await desk.approve(request, who);
      if (decision.kind !== 'running') throw new Error(`not approved: ${JSON.stringify(decision)}`);
      return request;
    },
    async receipt(incident, request, ms = 60_000) {
      return until(
        `the receipt of ${request}`,
        async () => (await office.incident(incident)).executions.find((one) => one.request === request)?.finished,
        ms,
      );
    },
    async close() {
      await dispatch.close();
      await memory.close();
    },
  };
  return office;
}

/** Where the worker notes the requests that it has begun. */
export function journalFolder(config: Config): string {
  return join(config.stateDir, 'requests');
}

function planningIn(event: Entry['event']): EventOf<'planned'>[] {
  if (event.kind === 'plan_failed') throw new Error(`planning failed: ${event.detail}`);
  return event.kind === 'planned' ? [event] : [];
}
