import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { openInventory } from '../../src/wire.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { entriesOf } from '../ssh/keys-for-tests.ts';
import { startRoot } from '../support/flow/children.ts';
import { quiet } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';
import { type BenchOptions, type BenchRow, median, timed, timeRow } from './bench-row.ts';
import { surveysOf } from './sweep.ts';

/** What Slack, queue and ledger may add to a look (ms). */
const EXTRA_MS_MAX = 150;

/** From a typed command to its findings in the thread, warm, through a local Slack, both processes, queue and ledger, beside the bare sweep. */
export async function benchCommand({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const count = short ? 3 : 64;
  const rounds = short ? 1 : 7;
  say(`starting ${count + 1} nodes, a local Slack, bot and worker`);
  const names = Array.from({ length: count }, (_, index) => `vast-${index + 1}`);
  const config = ['MaxStartups 200:30:300'];
  const hub = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' }, config };
  const site = await startSite([hub, ...names.map((name) => ({ name, config }))], ['hex8_2p']);
  const stops: (() => Promise<unknown>)[] = [() => site.close()];
  try {
    await rm(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
    const file = await site.configure('bench', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
    ]);
    const slack = await startTestSlack();
    stops.push(() => slack.close());
    const worker = await startRoot('worker', file);
    stops.push(() => worker.stop());
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    const bot = await startRoot('bot', file, env);
    stops.push(() => bot.stop());
    await until('the bot listens', () => slack.connections() > 0);
    const settings = configOf(file);
    const nodes = openInventory(settings, quiet)
      .current()
      .nodes.filter(({ coordinator }) => !coordinator)
      .map((node) => ({ ...node, user: userInfo().username }));
    const knownHosts = await entriesOf(settings.knownHostsFile);
    const sessions = createSshSessions({ knownHosts, nodeByName: () => undefined });
    stops.push(() => sessions.close());
    const times = { command: [] as number[], sweep: [] as number[] };
    await asked(slack);
    await surveysOf(sessions, nodes);
    for (let round = 1; round <= rounds; round += 1) {
      // Slack lets one message a second into a channel; what was saved up is not to be measured.
      await pause(short ? 100 : 3_000);
      await timed(times.sweep, () => surveysOf(sessions, nodes));
      await timed(times.command, () => asked(slack));
      say(
        `round ${round} of ${rounds}: command ${times.command.at(-1)?.toFixed(3)} s, sweep ${times.sweep.at(-1)?.toFixed(3)} s`,
      );
    }
    const bare = median(times.sweep);
    return [
      timeRow({
        name: `command ${count}`,
        what: `what Slack, queue and ledger add to a look, from the typed command to the posted findings, warm; peer: the most that it may be (sweep ${(bare * 1_000).toFixed(0)} ms)`,
        unit: 'ms',
        goal: 1,
        ours: times.command.map((seconds) => Math.max(1, (seconds - bare) * 1_000)),
        peer: [EXTRA_MS_MAX],
      }),
    ];
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Types the command and waits for what was found. */
async function asked(slack: LocalSlack): Promise<void> {
  const before = told(slack);
  const outcome = await slack
    .as('U0ALICE')
    .command(channel, '/models check hex8_2p on vast-* --only model-present,alias-links');
  if (!outcome.ok) throw new Error(`the command was refused: ${JSON.stringify(outcome)}`);
  const deadline = performance.now() + 60_000;
  while (told(slack) === before) {
    if (performance.now() > deadline) throw new Error('nothing was found within a minute');
    await pause(2);
  }
}

/** How many messages tell of a finished look. */
function told(slack: LocalSlack): number {
  return slack
    .messages(channel)
    .flatMap(({ ts }) => slack.thread(channel, ts))
    .filter((message) => JSON.stringify(message).includes('looked at in')).length;
}
