import type { Orders } from '../contract/orders.ts';
import { type Maintenance, windowsAt } from '../domain/maintenance.ts';
import type { Silence } from '../domain/silence.ts';
import type { OpenAlertOptions } from './open-alert.ts';

/** What deciding about alerts needs beside opening them. */
export type TendAlertsOptions = OpenAlertOptions & {
  readonly orders: Orders;
  /** Windows of medic.yaml in which nobody is told. */
  readonly maintenance: readonly Maintenance[];
};

/** What people have silenced and what medic.yaml says; those whose time is over are among them. */
export async function silencesNow({
  orders,
  maintenance,
  inventory,
  now,
}: Pick<TendAlertsOptions, 'orders' | 'maintenance' | 'inventory' | 'now'>): Promise<readonly Silence[]> {
  const { silences } = await orders.standing();
  return [...silences, ...windowsAt(maintenance, inventory.nodes, now().getTime())];
}
