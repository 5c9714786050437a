import type { Causes } from '../../../src/contract/causes.ts';

/** Causes in memory; passes the same suite as those on Redis. */
export function createMemoryCauses(): Causes {
  const incidents = new Map<string, string>();
  const counts = new Map<string, number>();
  const deliveries = new Set<string>();
  const grown = new Set<string>();
  const past = new Map<string, { readonly receipt: string; readonly atMs: number }[]>();
  return {
    incidentOf: async (cause) => incidents.get(cause),
    async set(cause, incident) {
      incidents.set(cause, incident);
    },
    async seen(incident, delivery) {
      const key = `${incident} ${delivery}`;
      if (deliveries.has(key)) return counts.get(incident) ?? 0;
      deliveries.add(key);
      grown.add(incident);
      counts.set(incident, (counts.get(incident) ?? 0) + 1);
      return counts.get(incident) ?? 0;
    },
    async repaired(key, receipt, atMs) {
      const before = (past.get(key) ?? []).filter((one) => one.receipt !== receipt);
      past.set(key, [...before, { receipt, atMs }]);
    },
    repairs: async (key, sinceMs) => (past.get(key) ?? []).filter(({ atMs }) => atMs >= sinceMs),
    async takeGrown() {
      const taken = [...grown].map((incident) => ({ incident, times: counts.get(incident) ?? 0 }));
      grown.clear();
      return taken;
    },
  };
}
