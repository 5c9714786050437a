import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { type EnvelopeState, phaseOf, STANDING } from '../../src/domain/envelope.ts';
import { createRedisTold } from '../../src/ledger/redis-told.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { pathLine } from '../support/flow/held-node.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { treeOf } from '../support/flow/tree.ts';
import { until } from '../support/flow/until.ts';

const NODE = 'vast-1';
const [BOB, CAROL] = ['T0TEAM/U0BOB', 'T0TEAM/U0CAROL'];
/** An alias that somebody spoils between the step that sets it and the look that judges it. */
const SPOILED = 'square8_2p';
const findFor = (alias: string): string => `#!/bin/sh
real=/usr/bin/find
[ -x $real ] || real=/bin/find
if [ -e "$HOME/spoil" ] && [ -L '${alias}' ]; then rm -f '${alias}' && : >'${alias}'; fi
exec $real "$@"
`;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))(
  'a night under a standing approval, through bot and worker',
  () => {
    let bin: string;
    let site: Awaited<ReturnType<typeof startSite>>;
    let slack: LocalSlack;
    let office: Office;
    let bot: Root;
    let worker: Root;
    let id: string;

    beforeAll(async () => {
      bin = await mkdtemp(join(tmpdir(), 'medic-nights-'));
      site = await startSite(
        [
          { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } },
          { name: NODE, config: [pathLine(bin)] },
        ],
        ['hex8_2p', 'hex8_4p', SPOILED, 'square8_3p'],
      );
      writeFileSync(join(bin, 'find'), findFor(join(site.node(NODE).modelsDir, aliasName(SPOILED))));
      chmodSync(join(bin, 'find'), 0o755);
      const config = await site.configure('nights', [
        `slack: { incidentChannel: ${channel} }`,
        `roles: { operators: [T0TEAM/U0ALICE], approvers: [${BOB}, ${CAROL}] }`,
        'limits: { groupWaitMs: 500, diskWarnPercent: 100, changesPerNodeHour: 1000, standingReportHour: 0 }',
      ]);
      slack = await startTestSlack();
      const access = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
      office = await openOffice(configOf(config));
      [worker, bot] = await Promise.all([
        startRoot('worker', config),
        startRoot('bot', config, { ...access, ALERTS_TOKEN: 'a-token' }),
      ]);
      await until('the bot listens', () => slack.connections() > 0);
    }, 300_000);

    afterAll(async () => {
      await Promise.all([bot?.stop(), worker?.stop()]);
      await office?.close();
      await slack?.close();
      await site?.close();
      await rm(bin, { recursive: true, force: true });
    });

    it('begins by counting: what it would have repaired waits for a person, who does the same', async () => {
      await say('U0ALICE', 'standing propose aliases on vast-* for 1d --nodes 1 so that people sleep');
      id = (await until('it is proposed', async () => (await states())[0])).envelope.id;
      await say('U0ALICE', `standing approve ${id}`);
      await until('Alice sees why not', () =>
        JSON.stringify(slack.as('U0ALICE').ephemerals(channel)).includes('you proposed it'),
      );
      for (const who of ['U0BOB', 'U0CAROL']) await say(who, `standing approve ${id}`);
      await until('it is in shadow', async () => (await phase()) === 'shadow');
      const incident = await alertOf('hex8_2p');
      await until('it is counted', async () => (await state()).uses.length === 1, 60_000);
      expect((await state()).uses).toMatchObject([{ incident, shadow: true, nodes: [NODE] }]);
      const prompt = await until('people are asked', async () =>
        (await threadOf(incident)).find((message) => buttonOf(message, 'approve') !== undefined),
      );
      expect(linkOf('hex8_2p')).toBeUndefined();
      const button = buttonOf(prompt, 'approve');
      if (button === undefined) throw new Error('no button');
      await slack.as('U0BOB').click(channel, prompt.ts, button);
      await receiptOf(incident);
      expect(linkOf('hex8_2p')).toBe(canonicalName('hex8_2p'));
      await say('U0BOB', `standing ${id}`);
      await until('it says so', () =>
        JSON.stringify(slack.as('U0BOB').ephemerals(channel)).includes(
          'would have repaired 1 time; all were later approved by hand unchanged',
        ),
      );
    });

    it('repairs what an alert found without asking, once two people have let it go live', async () => {
      await say('U0BOB', `standing live ${id}`);
      await until('one yes is counted', () =>
        JSON.stringify(slack.as('U0BOB').ephemerals(channel)).includes('1 of 2 approvals'),
      );
      expect(await phase()).toBe('shadow');
      await say('U0CAROL', `standing live ${id}`);
      await until('it is live', async () => (await phase()) === 'live');
      const incident = await alertOf('hex8_4p');
      const receipt = await receiptOf(incident);
      expect(receipt).toMatchObject({ requester: STANDING, targets: [{ node: NODE, outcome: 'verified' }] });
      expect(receipt.approvers.toSorted()).toEqual([BOB, CAROL]);
      expect(linkOf('hex8_4p')).toBe(canonicalName('hex8_4p'));
      expect((await state()).uses.map(({ shadow }) => shadow)).toEqual([true, false]);
    });

    it('says each morning what was done under it', async () => {
      // The clock cannot be moved: what was done a minute ago stands a second time where yesterday's stands.
      const midnight = new Date().setUTCHours(0, 0, 0, 0);
      for (const use of (await state()).uses)
        await office.memory.orders.append({ ...use, at: new Date(midnight - 3_600_000).toISOString() });
      const morning = () =>
        slack.messages(channel).find(({ text }) => text.startsWith('Under standing approvals since'));
      const told = await until('the morning is told', morning, 30_000);
      const words = JSON.stringify(told.blocks);
      expect(words).toContain('repaired 1 time by itself');
      expect(words).toMatch(/done: .* on 1 node · i-[0-9a-f]{8} · r-[0-9a-f]{8}/);
      expect(words).toContain('would have repaired 1 time; all were later approved by hand unchanged');
    });

    it('ends at the first change that does not go well, and what comes later waits for people', async () => {
      writeFileSync(join(site.home(NODE), 'spoil'), '');
      const incident = await alertOf(SPOILED);
      const receipt = await receiptOf(incident);
      expect(receipt.targets).toMatchObject([
        { node: NODE, outcome: expect.stringMatching(/^(?:stuck|rolled_back)$/) },
      ]);
      expect(receipt.targets[0]?.detail).toContain('verification');
      expect(receipt.note).toContain(`${id} is stopped`);
      await until('it is stopped', async () => (await phase()) === 'stopped');
      await until('the channel is told', () =>
        slack.messages(channel).some(({ text }) => text === `Standing approval ${id} is stopped`),
      );
      const later = await alertOf('square8_3p');
      await until('it is told', async () => (await threadOf(later)).length > 0, 30_000);
      // Twice as long as medic waits between two looks for something that it may repair.
      await pause(11_000);
      const kinds = (await office.entries(later)).map(({ event }) => event.kind);
      expect(kinds).toContain('raised');
      // What can be done stands there and waits; nothing but people's yes runs it.
      expect(kinds).toContain('requested');
      expect(kinds).not.toContain('authorized');
      expect(linkOf('square8_3p')).toBeUndefined();
    });

    /** An alias goes missing and somebody's alarm says so. */
    async function alertOf(config: string): Promise<string> {
      unlinkSync(join(site.node(NODE).modelsDir, aliasName(config)));
      return postAlert(bot, 'a-token', { title: `${config} failed on ${NODE}` });
    }

    async function say(who: string, words: string): Promise<void> {
      expect(await slack.as(who).command(channel, `/models ${words}`)).toEqual({ ok: true });
    }

    async function states(): Promise<EnvelopeState[]> {
      return [...(await office.memory.orders.standing()).envelopes.values()];
    }

    async function state(): Promise<EnvelopeState> {
      const found = (await states()).find(({ envelope }) => envelope.id === id);
      if (found === undefined) throw new Error('nobody has proposed it');
      return found;
    }

    async function phase() {
      return phaseOf(await state(), Date.now());
    }

    async function receiptOf(incident: string) {
      return until(
        `the receipt of ${incident}`,
        async () => (await office.incident(incident)).executions.at(-1)?.finished,
        60_000,
      );
    }

    async function threadOf(incident: string): Promise<readonly Message[]> {
      const told = await createRedisTold(office.memory.redis, office.memory.prefix).get(incident);
      const ts = told['root']?.ts ?? '';
      return ts === '' ? [] : slack.thread(channel, ts);
    }

    function linkOf(config: string): string | undefined {
      return treeOf(site.node(NODE).modelsDir)[aliasName(config)]?.replace('-> ', '');
    }
  },
);
