import type { ToldStore } from '../contract/told.ts';

/** What was told, whichever cluster's it is: a message has one incident, and an incident's id is in one cluster. */
export function toldIn(clusters: readonly { readonly told: ToldStore }[]): Pick<ToldStore, 'get' | 'incidentOf'> {
  return {
    async get(incident) {
      const all = await Promise.all(clusters.map(({ told }) => told.get(incident)));
      return Object.assign({}, ...all);
    },
    async incidentOf(channel, ts) {
      const all = await Promise.all(clusters.map(({ told }) => told.incidentOf(channel, ts)));
      return all.find((incident) => incident !== undefined);
    },
  };
}
