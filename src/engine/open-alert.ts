import type { Dispatch } from '../contract/dispatch.ts';
import type { Inventory } from '../contract/inventory.ts';
import type { Ledger } from '../contract/ledger.ts';
import { type KnownCheck, usualChecks } from '../domain/asked-scope.ts';
import { digestOf } from '../domain/digest.ts';
import type { Scope } from '../domain/entry.ts';
import type { IncidentId, ModelName, NodeName } from '../domain/names.ts';
import { defaultNodes } from '../domain/node-set.ts';

const SAME_ALERT_MS = 3_600_000;

export type AlertHints = {
  readonly sender: string;
  readonly title: string;
  readonly models: readonly ModelName[];
  readonly nodes: readonly NodeName[];
  readonly fingerprint: string;
};

/**
 * Opens the incident of an alert and asks for a look where it points; the same alert within the hour is the same incident. The id is
 * made of the alert, so that a sender that tries again, or a bot that died in between, finds it.
 */
export async function openAlert(
  alert: AlertHints,
  {
    ledger,
    dispatch,
    inventory,
    models,
    checks,
    now,
    channel,
  }: {
    ledger: Ledger;
    dispatch: Dispatch;
    inventory: Inventory;
    models: readonly { name: string }[];
    checks: readonly KnownCheck[];
    now: () => Date;
    channel: string | undefined;
  },
): Promise<IncidentId> {
  const hour = Math.floor(now().getTime() / SAME_ALERT_MS);
  const incident = `i-${digestOf({ fingerprint: alert.fingerprint, hour }).slice(0, 8)}`;
  const usual = defaultNodes(inventory.nodes).map(({ name }) => name);
  const nodes = alert.nodes.filter((name) => usual.includes(name));
  const scope: Scope = {
    models: alert.models.length > 0 ? [...alert.models] : models.map(({ name }) => name),
    // An alert names where somebody saw it; the same fault is usually on its neighbours, so all of them are looked at.
    nodes: usual,
    checks: usualChecks(checks),
  };
  const where = nodes.length === 0 ? '' : ` (${nodes.join(', ')})`;
  const text = `${alert.title}${where}`.slice(0, 2_000);
  await ledger.append(
    incident,
    {
      kind: 'opened',
      by: `alert:${alert.sender}`,
      text,
      alert: text,
      scope,
      ...(channel === undefined ? {} : { place: { channel } }),
    },
    { once: `alert:${incident}` },
  );
  const entries = await ledger.entries(incident);
  if (entries.length === 1) await dispatch.check({ incident, scope, fresh: false, inventory: inventory.digest });
  return incident;
}
