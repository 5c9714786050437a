import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { aliasName } from '../../src/demo/fleet/models.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { storm, stormCauses } from '../support/flow/storm.ts';
import type { BenchOptions, BenchRow } from './bench-row.ts';

const models = ['hex8_2p', 'hex8_4p', 'square8_2p'];
const token = 'a-token-of-the-storm';
const EVERY_MS = 2_000;

/** 10,000 alerts in 60 s over 50 causes through the real door: what became of them, beside what it may cost. The peer of each row is the limit. */
export async function benchStorm({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const size = short ? { alerts: 500, causes: 10, seconds: 5 } : { alerts: 10_000, causes: 50, seconds: 60 };
  const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
  const site = await startSite([coordinator, { name: 'vast-1' }], models);
  const slack = await startTestSlack();
  const config = await site.configure('storm', [
    `slack: { incidentChannel: ${channel} }`,
    'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
    'limits: { groupWaitMs: 5000, diskWarnPercent: 100 }',
  ]);
  const office = await openOffice(configOf(config));
  const env = {
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    ALERTS_TOKEN: token,
  };
  const [worker, bot] = await Promise.all([startRoot('worker', config), startRoot('bot', config, env)]);
  const cost = watchCost(bot);
  try {
    for (const model of models) unlinkSync(join(site.node('vast-1').modelsDir, aliasName(model)));
    say(`${size.alerts} alerts in ${size.seconds} s over ${size.causes} causes`);
    const causes = stormCauses(size.causes, models);
    const { roots, incidents, seen, refusedBySlack } = await storm({
      ...size,
      causes,
      bot: () => bot,
      token,
      slack,
      office,
    });
    const { memoryMb, lagMs } = cost.end();
    return [
      atMost('storm roots', 'root messages in the channel', 'messages', roots, 6),
      exactly('storm incidents', 'incidents, one a cause', 'incidents', incidents, size.causes),
      exactly('storm alerts', 'alerts that are counted in them', 'alerts', seen, size.alerts),
      atMost('storm refusals', 'posts and edits that Slack refused as too many', 'calls', refusedBySlack, 0),
      atMost('storm memory', 'resident memory of the bot, its peak', 'MB', memoryMb, 300),
      atMost('storm event loop', "p99 of the bot's event loop delay, its worst reading", 'ms', lagMs, 100),
    ];
  } finally {
    cost.end();
    await bot.stop();
    await worker.stop();
    await office.close();
    await slack.close();
    await site.close();
  }
}

/** Reads the bot's own metrics while the storm goes on. */
function watchCost(bot: Root): { end(): { readonly memoryMb: number; readonly lagMs: number } } {
  const { port } = z.object({ port: z.number() }).parse(bot.greeting);
  const worst = { memoryMb: 0, lagMs: 0 };
  const read = async (): Promise<void> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    worst.memoryMb = Math.max(worst.memoryMb, value('process_resident_memory_bytes') / 1e6);
    worst.lagMs = Math.max(worst.lagMs, value('nodejs_eventloop_lag_p99_seconds') * 1_000);
  };
  const timer = setInterval(() => void read().catch(() => undefined), EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      return worst;
    },
  };
}

type Figures = [name: string, what: string, unit: string, ours: number, limit: number];

/** Less is better; at the limit it is met. */
function atMost(...[name, what, unit, ours, limit]: Figures): BenchRow {
  const ratio = ours === 0 ? 1 : limit / ours;
  return {
    name,
    what,
    unit,
    ours,
    peer: limit,
    ratio,
    goal: 1,
    met: ours <= limit,
    raw: { ours: [ours], peer: [limit] },
  };
}

function exactly(...[name, what, unit, ours, wanted]: Figures): BenchRow {
  const ratio = wanted === 0 ? 1 : ours / wanted;
  return {
    name,
    what,
    unit,
    ours,
    peer: wanted,
    ratio,
    goal: 1,
    met: ours === wanted,
    raw: { ours: [ours], peer: [wanted] },
  };
}
