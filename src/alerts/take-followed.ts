import type { Intake } from '../contract/intake.ts';
import { bodiesOfLedger, bodiesOfLog } from '../domain/followed.ts';
import type { Node } from '../domain/node.ts';
import { type AlertDoor, takeAlerts } from './door.ts';

const BATCHES = 16;

/** Takes what followers have read: each failure is an alert. A batch leaves the intake when everything in it is durable; taken twice it is one delivery. */
export async function takeFollowed(intake: Intake, door: AlertDoor, nodes: readonly Node[]): Promise<void> {
  for (const { id, batch } of await intake.next(BATCHES)) {
    const { source, text, offsetMinutes } = batch;
    const bodies = source === 'log' ? bodiesOfLog(text, offsetMinutes, nodes) : bodiesOfLedger(text, nodes);
    for (const body of bodies) await takeAlerts(body, door, source);
    await intake.taken(id);
  }
}
