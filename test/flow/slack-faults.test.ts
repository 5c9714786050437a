import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { storyOf } from '../../src/slack/story.ts';
import { mention } from '../../src/slack/wording.ts';
import { openInventory, policyOf } from '../../src/wire.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token';
const nodes = ['vast-1', 'vast-2', 'vast-3', 'vast-4'];
/** Longer than the bot waits: Slack carries the call out when it was done again long ago. */
const TOO_LATE_MS = 11_000;

type Trouble = (faults: LocalSlack['faults'], method: string) => void;
const busy: Trouble = (faults, method) => faults.rateLimit(method, 1, 1);
const broken: Trouble = (faults, method) => faults.serverError(method, 1);
const mute: Trouble = (faults, method) => faults.dropAnswer(method, 1);
const slow: Trouble = (faults, method) => faults.delay(method, 1, 3_000);
const late: Trouble = (faults, method) => faults.delay(method, 1, TOO_LATE_MS);
const fine: Trouble = (faults, method) => faults.delay(method, 1, 0);

/** What happens to the calls of one incident, in the order in which they come. */
const troubles: Readonly<Record<string, readonly Trouble[]>> = {
  'chat.postMessage': [late, fine, broken, mute, busy, late],
  'chat.update': [mute, broken, late, fine, busy, late],
  'reactions.add': [late],
  'reactions.remove': [mute],
  'conversations.replies': [broken, slow],
};

/** What a thread shows, without the names that Slack gives to blocks. */
function shown(messages: readonly { readonly text: string; readonly blocks: readonly unknown[] }[]): string[] {
  return messages.map(({ text, blocks }) =>
    JSON.stringify([text, blocks], (key, value: unknown) =>
      key === 'block_id' && !String(value).startsWith('b-') ? undefined : value,
    ),
  );
}

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a night on which Slack fails in every way', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let roots: Root[] = [];
  let config: string;

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, ...nodes.map((name) => ({ name }))], ['hex8_2p']);
    config = await site.configure('upset', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 500, diskWarnPercent: 100 }',
      'schedule: { sweepMs: 0 }',
    ]);
    slack = await startTestSlack();
    office = await openOffice(configOf(config));
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    roots = await Promise.all([startRoot('worker', config), startRoot('bot', config, { ...env, ALERTS_TOKEN: token })]);
  }, 300_000);
  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    await office?.close();
    await slack?.close();
    await site?.close();
  });

  it('ends with the thread that the story is: nothing lost, nothing said twice, nothing old left standing', {
    timeout: 900_000,
  }, async () => {
    const [, bot] = roots;
    if (bot === undefined) throw new Error('no bot');
    for (const [method, list] of Object.entries(troubles)) for (const trouble of list) trouble(slack.faults, method);
    const cutting = setInterval(() => slack.cutConnections(), 7_000);
    for (const node of nodes) unlinkSync(join(site.node(node).modelsDir, aliasName('hex8_2p')));
    const event = { event_type: 'MODEL_CORRUPTED', payload: { model_id: 'hex8_2p' }, source: 'x' };
    const id = await postAlert(bot, token, event);

    const all = (): readonly Message[] => slack.messages(channel);
    const thread = (): Message[] =>
      all()
        .filter(({ threadTs }) => threadTs === undefined)
        .flatMap(({ ts }) => slack.thread(channel, ts));
    for (const person of ['U0ALICE', 'U0BOB'])
      await until(
        `${person} has approved`,
        async () => {
          const prompt = thread().find((message) => buttonOf(message, 'approve') !== undefined);
          const button = buttonOf(prompt, 'approve');
          if (prompt !== undefined && button !== undefined) await slack.as(person).click(channel, prompt.ts, button);
          await sleep(1_000);
          const [asked] = (await office.incident(id)).prompts;
          return asked !== undefined && (asked.approvedBy.includes(`T0TEAM/${person}`) || asked.state !== 'waiting');
        },
        240_000,
      );
    await until('it is repaired', async () => (await office.incident(id)).status === 'resolved', 240_000);
    clearInterval(cutting);

    // Calls that came too late come still, and each is followed by a look of our own.
    await sleep(TOO_LATE_MS + 1_000);
    const settings = configOf(config);
    const policy = policyOf(settings, openInventory(settings, quiet));
    const look = { names: mention, policy, cluster: 'upset' };
    const story = async () => storyOf(await office.incident(id), look);
    await until(
      'the thread is the story',
      async () => {
        const told = await story();
        const [root] = thread();
        const reactions = (root?.reactions ?? []).map(({ name }) => name);
        return (
          JSON.stringify(shown(thread()).toSorted()) === JSON.stringify(shown(told).toSorted()) &&
          JSON.stringify(reactions) === JSON.stringify([told[0]?.reaction])
        );
      },
      240_000,
    ).catch(async (error: unknown) => {
      expect(shown(thread()), String(error)).toEqual(shown(await story()));
      throw error;
    });
    for (const method of ['chat.postMessage', 'chat.update', 'reactions.add', 'conversations.replies'])
      expect(slack.faults.take(method), `${method} met all of it`).toBeUndefined();
    // To set what is set already is no mistake where nobody knows whether it was set.
    expect(slack.violations.filter(({ method }) => !method.startsWith('reactions.'))).toEqual([]);
  });
});
