import type { CommandContext, Reply } from '../../../src/contract/command.ts';
import type { CheckJob, Dispatch, ExecuteJob, PlanJob } from '../../../src/contract/dispatch.ts';
import type { Ledger } from '../../../src/contract/ledger.ts';
import type { Change } from '../../../src/domain/caps.ts';
import type { Event } from '../../../src/domain/entry.ts';
import type { ModelRecord } from '../../../src/domain/expected.ts';
import type { Miss } from '../../../src/domain/miss.ts';
import type { IncidentId, PersonId } from '../../../src/domain/names.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { createApprovalDesk } from '../../../src/engine/approval-desk.ts';
import { runWords } from '../../../src/engine/run-words.ts';
import { commands } from '../../../src/registry/commands.ts';
import { checks } from '../../../src/registry/jobs.ts';
import { aNode } from '../nodes.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryOrders } from './memory-orders.ts';
import { ALICE, aDigest, aPolicy, NOON } from './plans.ts';

/** Everything behind a command but nodes and Slack: the real desk over a ledger in memory, and a queue that keeps what it is given. */
export type CommandWorld = {
  readonly ledger: Ledger;
  /** What scheduled looks have missed. */
  readonly misses: Map<string, Miss>;
  /** Changes of nodes that have happened; a test adds to them. */
  readonly changes: Change[];
  readonly context: CommandContext;
  readonly dispatched: { readonly check: CheckJob[]; readonly plan: PlanJob[]; readonly execute: ExecuteJob[] };
  /** Types words as this person; `incident`: in its thread. */
  readonly say: (words: string, who?: PersonId, incident?: IncidentId) => Promise<Reply>;
  /** Lets things have happened in an incident. */
  readonly happened: (incident: IncidentId, ...events: readonly Event[]) => Promise<void>;
  /** Lets this much time pass. */
  readonly pass: (minutes: number) => void;
  /** What happened in an incident, by kind. */
  readonly kinds: (incident: IncidentId) => Promise<string[]>;
};

/** Noon, two models, a source and three nodes; Alice operates, Bob and Carol approve. */
export function createCommandWorld(policy: Policy = aPolicy(), record?: ModelRecord): CommandWorld {
  let nowMs = Date.parse(NOON);
  let ids = 0;
  const misses = new Map<string, Miss>();
  const now = () => new Date(nowMs);
  const ledger = createMemoryLedger(now);
  const orders = createMemoryOrders();
  const changes: Change[] = [];
  const dispatched = { check: [] as CheckJob[], plan: [] as PlanJob[], execute: [] as ExecuteJob[] };
  const dispatch: Dispatch = {
    check: async (job) => void dispatched.check.push(job),
    plan: async (job) => void dispatched.plan.push(job),
    execute: async (job) => void dispatched.execute.push(job),
  };
  const desk = createApprovalDesk({
    cluster: 'ringrift',
    ledger,
    orders,
    changes: { lately: async () => [...changes] },
    dispatch,
    signer: {
      name: 'bot',
      sign: (approval) => ({ approval, key: 'bot', signature: 'c2lnbmVk' }),
      signGrant: (grant) => ({ grant, key: 'bot', signature: 'c2lnbmVk' }),
    },
    policy: () => policy,
    now,
    newRequestId: () => (0x100 + (ids += 1)).toString(16).padStart(32, '0'),
    minutes: { toApprove: 15, toApproveForTwo: 30, toRun: 10 },
  });
  const context: CommandContext = {
    who: ALICE,
    place: { channel: 'C0OPS' },
    incident: undefined,
    cluster: 'ringrift',
    inventory: {
      nodes: [
        aNode('hub', { coordinator: true, role: 'coordinator', gpu: null, noTargetBecause: 'it is the source' }),
        aNode('vast-1'),
        aNode('vast-2', { ephemeral: true, note: 'slow disk' }),
        aNode('old-1', { active: false, status: 'terminated', noTargetBecause: 'its status is terminated' }),
      ],
      digest: aDigest('d'),
      notes: ['old-1: its note says something else'],
    },
    models: ['hex8_2p', 'hex8_3p'].map((name) => ({
      name,
      canonical: `canonical_${name}.pth`,
      alias: `ringrift_best_${name}.pth`,
    })),
    policy,
    ledger,
    orders,
    maintenance: [],
    trail: {
      after: async () => [],
      since: async () => [],
      trimmed: async () => false,
      inTheirStreams: async (rows) => rows.map(() => true),
      judge: () => () => undefined,
      sealed: () => true,
    },
    records: { get: async (model) => record ?? { model, current: null, candidate: null, earlier: [] } },
    misses: { all: async () => misses, enough: 3 },
    dispatch,
    desk,
    now,
    newIncidentId: () => `i-${(0xa0000000 + (ids += 1)).toString(16)}`,
    commands,
    checks,
    examine: async () => [{ verdict: 'right', what: 'Redis 7.2.0' }],
  };
  return {
    changes,
    ledger,
    misses,
    context,
    dispatched,
    say: (words, who = ALICE, incident) => runWords(words.split(' '), { ...context, who, incident }),
    async happened(incident, ...events) {
      for (const event of events) await ledger.append(incident, event);
    },
    pass(minutes) {
      nowMs += minutes * 60_000;
    },
    kinds: async (incident) => (await ledger.entries(incident)).map(({ event }) => event.kind),
  };
}

/** The words of an answer; a refusal's text. */
export function textOf(reply: Reply): string {
  if (reply.kind === 'said') return reply.lines.join('\n');
  return reply.kind === 'refused' ? reply.refusal.text : `begun ${reply.until}`;
}
