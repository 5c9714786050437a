import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { LocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { channel } from '../../slack/support/local.ts';
import type { Root } from './children.ts';
import type { Office } from './office.ts';
import { until } from './until.ts';

/** Causes about models, which a look can judge, and as many about something else, which it cannot. */
export function stormCauses(count: number, models: readonly string[]): object[] {
  // No digits: what differs in numbers alone is one cause.
  const words = (index: number): string => String(index).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
  return Array.from({ length: count }, (_, index) => {
    const model = models[index % models.length];
    if (index % 2 === 0)
      return {
        event_type: `MODEL_FAULT_${words(index)}`.toUpperCase(),
        payload: { model_name: model },
        source: 'storm',
      };
    return { event_type: `gpu-${words(index)}`, title: `GPU fault ${words(index)}`, severity: 'warning', details: {} };
  });
}

/** What a storm left behind. */
export type StormResult = {
  readonly roots: number;
  readonly incidents: number;
  /** Sum over all incidents of how often each was told. */
  readonly seen: number;
  readonly refusedBySlack: number;
};

/** Posts `alerts` alerts over these causes in `seconds`, every one with a time of its own, and waits until all of it is counted and told. */
export async function storm(options: {
  readonly bot: () => Root;
  readonly token: string;
  readonly slack: LocalSlack;
  readonly office: Office;
  readonly causes: readonly object[];
  readonly alerts: number;
  readonly seconds: number;
  /** Done once in the middle. */
  readonly halfway?: () => Promise<void>;
}): Promise<StormResult> {
  const { causes, alerts, seconds, office, slack } = options;
  const perTick = Math.max(1, Math.ceil(alerts / (seconds * 10)));
  let sent = 0;
  const startedMs = Date.now();
  let pause: Promise<void> | undefined;
  while (sent < alerts) {
    const batch = Array.from({ length: Math.min(perTick, alerts - sent) }, (_, index) => ({
      ...causes[(sent + index) % causes.length],
      timestamp: sent + index,
    }));
    await post(options, batch);
    sent += batch.length;
    if (pause === undefined && sent * 2 >= alerts) {
      pause = options.halfway?.() ?? Promise.resolve();
      await pause;
    }
    const dueMs = startedMs + (sent / alerts) * seconds * 1_000;
    if (dueMs > Date.now()) await sleep(dueMs - Date.now());
  }
  const states = async () => {
    const ids = await office.memory.ledger.incidents(500);
    const all = await Promise.all(ids.map((id) => office.incident(id)));
    return all.filter(({ openedBy }) => openedBy !== 'alert:medic');
  };
  const counted = async (): Promise<number> => (await states()).reduce((sum, { seen }) => sum + seen, 0);
  await until('every alert is counted', async () => (await counted()) >= alerts, 60_000);
  await until(
    'everything is decided',
    async () => (await states()).every((one) => one.quietUntil === undefined || one.waitsFor !== undefined),
    240_000,
  );
  await until(
    'Slack is quiet',
    async () => {
      const before = JSON.stringify(slack.messages(channel));
      await sleep(3_000);
      return JSON.stringify(slack.messages(channel)) === before;
    },
    240_000,
  );
  return {
    roots: slack.messages(channel).filter(({ threadTs }) => threadTs === undefined).length,
    incidents: (await states()).length,
    seen: await counted(),
    refusedBySlack: slack.violations.filter(({ error }) => error === 'ratelimited').length,
  };
}

/** A sender that gets no answer tries again. */
async function post({ bot, token }: Parameters<typeof storm>[0], batch: readonly object[]): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      const { port } = z.object({ port: z.number() }).parse(bot().greeting);
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`http://127.0.0.1:${port}/alerts`, {
        method: 'POST',
        headers,
        body: JSON.stringify(batch),
      });
      if (response.status === 202) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await sleep(200);
  }
  throw new Error('the door does not open any more');
}
