import type { Orders } from '../contract/orders.ts';
import { type Maintenance, windowsAt } from '../domain/maintenance.ts';
import { type Silence, whileObserving } from '../domain/silence.ts';
import type { OpenAlertOptions } from './open-alert.ts';

/** What deciding about alerts needs beside opening them. */
export type TendAlertsOptions = OpenAlertOptions & {
  readonly orders: Orders;
  /** Windows of medic.yaml in which nobody is told. */
  readonly maintenance: readonly Maintenance[];
  readonly mode: 'act' | 'observe';
};

/** Asked of Redis at the first use and then remembered: for one round of deciding about many incidents. */
export type Silences = () => Promise<readonly Silence[]>;

/** The silences of one round. */
export function silencesOnce(options: Parameters<typeof silencesNow>[0]): Silences {
  let asked: Promise<readonly Silence[]> | undefined;
  return () => {
    asked ??= silencesNow(options);
    return asked;
  };
}

/** What people have silenced and what medic.yaml says, with its mode; those whose time is over are among them. */
export async function silencesNow({
  orders,
  maintenance,
  inventory,
  mode,
  now,
}: Pick<TendAlertsOptions, 'orders' | 'maintenance' | 'inventory' | 'mode' | 'now'>): Promise<readonly Silence[]> {
  const { silences } = await orders.standing();
  const nowMs = now().getTime();
  return [...silences, ...windowsAt(maintenance, inventory.nodes, nowMs), ...whileObserving(mode, nowMs)];
}
