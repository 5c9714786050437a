import { openInventory } from '../../src/wire.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { openOffice, quiet } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';
import { type BenchOptions, type BenchRow, timed, timeRow } from './bench-row.ts';

const SLACK_WAITS_S = 3;
const GOAL_S = 0.2;

/** How long Slack waits for the ack of a slash command while 500 jobs run; the peer is the time after which Slack tells the person that the app failed. */
export async function benchAck({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const jobs = short ? 20 : 500;
  const commands = short ? 10 : 200;
  const names = ['n1', 'n2', 'n3', 'n4'];
  const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
  const site = await startSite([coordinator, ...names.map((name) => ({ name }))], ['hex8_2p']);
  const slack = await startTestSlack();
  const roots: Root[] = [];
  const config = await site.configure('ack', [
    `slack: { incidentChannel: ${channel} }`,
    'roles: { operators: ["T0TEAM/U0ALICE"], approvers: [] }',
  ]);
  const office = await openOffice(configOf(config));
  try {
    const access = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    roots.push(await startRoot('bot', config, access));
    await until('the bot listens', () => slack.connections() > 0);
    const inventory = openInventory(office.config, quiet).current().digest;
    for (let count = 0; count < jobs; count += 1) {
      const { incident, scope } = await office.open([names[count % names.length] ?? ''], 'check');
      await office.dispatch.check({ incident, scope, fresh: true, inventory });
    }
    roots.push(await startRoot('worker', config));
    say(`${jobs} jobs are under way`);
    const acks: number[] = [];
    for (let count = 0; count < commands; count += 1) {
      const answer = await timed(acks, () => slack.as('U0ALICE').command(channel, '/models whoami'));
      if (!answer.ok) throw new Error(`not acknowledged: ${JSON.stringify(answer)}`);
    }
    const slowest = acks.toSorted((a, b) => a - b)[Math.ceil(acks.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
    return [
      timeRow({
        name: `ack ${jobs}`,
        what: `p99 of ${commands} acks of a slash command while ${jobs} jobs run; peer: after 3 s Slack gives up`,
        unit: 's',
        goal: SLACK_WAITS_S / GOAL_S,
        ours: [slowest],
        peer: [SLACK_WAITS_S],
      }),
    ];
  } finally {
    await Promise.all(roots.map((root) => root.stop()));
    await office.close();
    await slack.close();
    await site.close();
  }
}
