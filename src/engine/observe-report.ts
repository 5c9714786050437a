import { MEDIC } from '../domain/asker.ts';
import { DAEMON_CHECK } from '../domain/daemon.ts';
import { digestOf } from '../domain/digest.ts';
import { askLook } from './ask-look.ts';
import { scopeOf } from './open-alert.ts';
import type { TendAlertsOptions } from './silences-now.ts';

const LOOK_AGAIN_S = 60;

/** Where medic only observes: one look at everything, told in the channel once, so that people can take it as known or see which plans would mend it. */
export async function reportObserved(options: TendAlertsOptions): Promise<void> {
  const { ledger, seen, inventory, mode, channel, among } = options;
  if (mode !== 'observe' || inventory.nodes.length === 0) return;
  const id = `i-${digestOf({ observed: among ?? '' }).slice(0, 8)}`;
  const known = await ledger.entries(id);
  if (known.length > 1) return;
  const scope = scopeOf({ models: [], also: [DAEMON_CHECK] }, options);
  const text = 'first look at everything: medic only observes';
  const place = channel === undefined ? {} : { place: { channel } };
  await ledger.append(id, { kind: 'opened', by: MEDIC, text, scope, ...place }, { once: `observed:${id}` });
  // A look that was lost with its worker is asked for again.
  if (await seen.firstTime(`observed ${id}`, LOOK_AGAIN_S))
    await askLook({ incident: id, scope, fresh: false, inventory: inventory.digest }, options);
}
