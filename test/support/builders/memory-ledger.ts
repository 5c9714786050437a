import type { Ledger } from '../../../src/contract/ledger.ts';
import { type Entry, Event } from '../../../src/domain/entry.ts';
import { incidentOf } from '../../../src/domain/incident.ts';
import { withMaskedWords } from '../../../src/domain/masked-words.ts';
import type { IncidentId } from '../../../src/domain/names.ts';
import { hashPlan } from '../../../src/domain/plan.ts';
import { likenessOf } from '../../../src/domain/since-last.ts';

/** A ledger in memory for what needs no Redis; it passes the same conformance suite as the real one. */
export function createMemoryLedger(now: () => Date = () => new Date()): Ledger {
  const all: Entry[] = [];
  const once = new Set<string>();
  const incidents = () => [...new Set(all.map(({ incident }) => incident))];
  const of = (incident: IncidentId) => all.filter((entry) => entry.incident === incident);
  const having = (predicate: (event: Event) => boolean) => all.find(({ event }) => predicate(event))?.incident;
  const openOnes = (predicate: (told: NonNullable<ReturnType<typeof incidentOf>>) => boolean) =>
    incidents().filter((id) => {
      const told = incidentOf(of(id));
      return told !== undefined && predicate(told);
    });
  return {
    async append(incident, event, options) {
      Event.parse(event);
      if (options?.once !== undefined && once.has(options.once)) return undefined;
      if (options?.once !== undefined) once.add(options.once);
      const entry = { id: `${all.length + 1}-0`, incident, at: now().toISOString(), event: withMaskedWords(event) };
      all.push(entry);
      return entry;
    },
    entries: async (incident) => of(incident),
    setAside: async () => [],
    async follow({ cursor, signal, onEntry }) {
      let next = cursor === '$' ? all.length : Number(cursor ?? 0);
      while (!signal.aborted) {
        const entry = all[next];
        if (entry === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
        else {
          next += 1;
          await onEntry(entry, String(next));
        }
      }
    },
    recent: async (limit) =>
      all
        .flatMap(({ event, incident }) => (event.kind === 'opened' ? [incident] : []))
        .toReversed()
        .slice(0, limit),
    raisedSince: async (atMs) =>
      new Set(
        all.flatMap(({ at, event, incident }) => (event.kind === 'raised' && Date.parse(at) >= atMs ? [incident] : [])),
      ).size,
    waiting: async (nowMs) => openOnes(({ quietUntil }) => quietUntil !== undefined && Date.parse(quietUntil) <= nowMs),
    async incidents(limit) {
      const ids = all.flatMap(({ event, incident }) =>
        (event.kind === 'opened' && event.alert !== undefined) ||
        (event.kind === 'checked' && event.report.findings.length > 0)
          ? [incident]
          : [],
      );
      return [...new Set(ids)].toReversed().slice(0, limit);
    },
    pending: async () =>
      openOnes(({ prompts }) => prompts.some(({ state }) => state === 'waiting' || state === 'authorized')),
    unfinished: async () => openOnes(({ executions }) => executions.some(({ finished }) => finished === undefined)),
    ofRequest: async (request) => having((event) => event.kind === 'requested' && event.request === request),
    ofReceipt: async (receipt) => having((event) => event.kind === 'execution_started' && event.receipt === receipt),
    async ofLikeness(likeness) {
      const like = all
        .toReversed()
        .flatMap(({ incident, event }) =>
          event.kind === 'planned'
            ? event.plans.flatMap((plan) => (likenessOf(plan) === likeness ? [{ hash: hashPlan(plan), incident }] : []))
            : [],
        );
      const unique = new Map(like.map((one) => [`${one.hash} ${one.incident}`, one]));
      return [...unique.values()].slice(0, 20);
    },
    async ofPlan(prefix) {
      const planned = all
        .toReversed()
        .flatMap(({ incident, event }) =>
          event.kind === 'planned' ? event.plans.map((plan) => ({ hash: hashPlan(plan), incident })) : [],
        );
      const unique = new Map(
        planned.filter(({ hash }) => hash.startsWith(prefix)).map((one) => [`${one.hash} ${one.incident}`, one]),
      );
      return [...unique.values()];
    },
  };
}
