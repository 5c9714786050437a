import { type AlertsRouteOptions, createAlertsRoute, type Sender } from '../alerts/alerts-route.ts';
import { divide } from '../alerts/divide.ts';
import type { AlertDoor } from '../alerts/door.ts';
import { didYouMean, quoteWord } from '../domain/nearest.ts';
import { type Route, send } from '../http/server.ts';
import type { BotCluster } from './bot-cluster.ts';

/**
 * `POST /alerts` for one or several clusters: `?cluster=` in the address, else a label or field `cluster`, says which. A name in the
 * address that is none is a sender set up wrongly, 400. An alert that names none is told in the first cluster as one that nobody
 * recognises: at night a poorer alert is better than a lost one.
 */
export function alertRoute(
  opened: readonly Pick<BotCluster, 'intake' | 'slack'>[],
  {
    token,
    ...options
  }: Omit<AlertsRouteOptions, keyof AlertDoor | 'senders'> & {
    /** Good for every cluster, and without a name; null: there is none. */
    readonly token: string | null;
  },
): Route {
  const doors = new Map(opened.map(({ intake, slack }) => [slack.name, intake.door]));
  const names = [...doors.keys()];
  const [first] = doors.values();
  if (first === undefined) throw new Error('an installation has at least one cluster');
  const divided: AlertDoor['divided'] = (body) =>
    divide(body, names).map(({ cluster, body: own }) => ({ body: own, door: doors.get(cluster ?? '') ?? first }));
  const everywhere = token === null ? [] : [{ tokens: [token] }];
  const sendersOf = (name: string | undefined): Sender[] => [
    ...opened.filter(({ slack }) => slack.name === name).flatMap(({ intake }) => intake.senders),
    ...everywhere,
  ];
  // A named sender belongs to one cluster: among several it has to say which.
  const several = names.length > 1;
  const senders = several ? everywhere : sendersOf(names[0]);
  const common = createAlertsRoute({ ...options, senders, ...first, ...(several ? { divided } : {}) });
  const routes = new Map(
    [...doors].map(([name, door]) => [name, createAlertsRoute({ ...options, senders: sendersOf(name), ...door })]),
  );
  return async (request, response) => {
    const asked = new URL(request.url ?? '/', 'http://localhost').searchParams.get('cluster');
    if (asked === null) return common(request, response);
    const route = routes.get(asked);
    if (route !== undefined) return route(request, response);
    const hint = didYouMean(asked, names) || ` Its clusters are ${names.join(', ')}.`;
    return send(response, 400, {
      error: `${quoteWord(asked)} is no cluster of this installation.${hint}`,
      path: '?cluster',
    });
  };
}
