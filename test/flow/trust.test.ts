import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { fingerprintOf } from '../../src/domain/host-key.ts';
import { rollbackOf } from '../../src/domain/rollback.ts';
import { TRUST } from '../../src/domain/trust.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { openInventory } from '../../src/wire.ts';
import { appToken, botToken, channel, fastLimits, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const people = [
  `roles: { operators: ["T0TEAM/U0ALICE", "${me}"], approvers: ["T0TEAM/U0BOB"] }`,
  `slack: { incidentChannel: ${channel} }`,
];

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a host that was rebuilt', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let redis: EmbeddedRedis;
  let config: string;
  let worker: Root;
  let bot: Root;
  let office: Office;
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    const spot = { name: 'vast-3', extra: { is_ephemeral: true } };
    site = await startSite([coordinator, { name: 'nebius-1' }, spot], ['hex8_2p']);
    config = await site.configure('trust', people);
    slack = await startTestSlack({ limits: fastLimits });
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    const env = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    office = await openOffice(configOf(config));
    [worker, bot] = await Promise.all([startRoot('worker', config), startRoot('bot', config, env)]);
    // Its connections are open and its digests remembered when the host is rebuilt.
    expect(await reasonOf('nebius-1')).toBe('answers');
    await until('the bot listens', () => slack.connections() > 0);
  }, 300_000);

  afterAll(async () => {
    await bot?.stop();
    await worker?.stop();
    await office?.close();
    await redis?.close();
    await slack?.close();
    await site?.close();
  });

  const knownHosts = (): string => readFileSync(configOf(config).knownHostsFile, 'utf8');
  const reasonOf = async (node: string): Promise<string> =>
    (await office.look([node])).unknown.map(({ reason }) => reason).join() || 'answers';

  /** What `ssh-keygen` says of the key that a host shows now. */
  function fingerprintAt(node: string): string {
    const { host, port } = site.machine(node).address;
    const line = execFileSync('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), host], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return fingerprintOf(Buffer.from(line.trim().split(' ').at(-1) ?? '', 'base64'));
  }

  /** What `trust vast-3` asks the worker for. */
  async function wished(typed?: string) {
    const { incident, scope } = await office.open(['vast-3'], 'trust vast-3');
    const wish = { repair: TRUST, params: typed === undefined ? {} : { typed } };
    const inventory = openInventory(office.config, quiet).current().digest;
    await office.dispatch.plan({ incident, scope, by: me, inventory, wish });
    return until(
      'the plans',
      async () =>
        (await office.entries(incident)).flatMap(({ event }) =>
          event.kind === 'planned' ? [{ ...event, incident }] : [],
        )[0],
    );
  }

  /** The prompt that the bot puts up. */
  const promptOf = (incident: string): Promise<string> =>
    until(
      'the prompt',
      async () =>
        (await office.incident(incident)).prompts.flatMap(({ state, request }) =>
          state === 'waiting' ? [request] : [],
        )[0],
    );

  const messages = (): readonly Message[] =>
    slack.messages(channel).flatMap((root) => slack.thread(channel, root.threadTs ?? root.ts));

  it('is refused, trusted by another person in Slack, accepted, and its old key is refused for ever', async () => {
    const before = knownHosts();
    const old = fingerprintAt('nebius-1');
    await site.machine('nebius-1').restartWithNewHostKey();
    const now = fingerprintAt('nebius-1');
    expect(await reasonOf('nebius-1')).toBe('host_key_changed');

    expect(await slack.as('U0ALICE').command(channel, '/models trust nebius-1')).toEqual({ ok: true });
    const prompt = await until('the prompt', () =>
      messages().find((message) => buttonOf(message, 'approve') !== undefined),
    );
    const shown = JSON.stringify(prompt.blocks);
    expect(shown).toContain(now);
    expect(shown).toContain(old);
    expect(shown).toContain('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    expect(shown).not.toContain(site.machine('nebius-1').address.host);
    // Who asked cannot approve it, in Slack or in a shell.
    const button = buttonOf(prompt, 'approve');
    if (button === undefined) throw new Error('no button');
    await slack.as('U0ALICE').click(channel, prompt.ts, button);
    const [incident = ''] = await office.memory.ledger.pending();
    const [request] = (await office.incident(incident)).prompts;
    expect(request).toMatchObject({ state: 'waiting', needed: 1, approvedBy: [] });
    expect(knownHosts()).toBe(before);

    await slack.as('U0BOB').click(channel, prompt.ts, button);
    const receipt = await until('the receipt', () =>
      messages().find((message) => /Done: 1 of 1 node verified/.test(JSON.stringify(message.blocks) + message.text)),
    );
    for (const key of [old, now]) expect(JSON.stringify(receipt.blocks)).toContain(key);
    expect(await reasonOf('nebius-1')).toBe('answers');
    expect(knownHosts().startsWith(before)).toBe(true);
    expect(knownHosts()).toContain('@revoked ');
    expect(statSync(configOf(config).knownHostsFile).mode & 0o777).toBe(0o600);

    // The machine from before comes back under the same address: for ever refused, and trust does not help it.
    await site.machine('nebius-1').restartWithFirstHostKey();
    expect(await reasonOf('nebius-1')).toBe('host_key_changed');
    const again = await medic('trust', 'nebius-1', '--json');
    expect(again.exit).toBe(3);
    expect(again.stdout + again.stderr).toContain('was withdrawn');
    const [done] = (await office.incident(incident)).executions;
    const plan = (await office.incident(incident)).plans.get(done?.plan ?? '');
    if (plan === undefined || done?.finished === undefined) throw new Error('nothing has run');
    expect(rollbackOf(plan, done.finished)).toMatchObject({
      refusal: { code: 'no_way_back', text: expect.stringContaining('for ever') },
    });
  });

  it('is trusted by its operator alone where it is ephemeral and the fingerprint was typed', async () => {
    await site.machine('vast-3').restartWithNewHostKey();
    const last = fingerprintAt('vast-3').slice(-4);
    const alone = await wished();
    const [first] = alone.plans;
    if (first === undefined) throw new Error('nothing was planned');
    const refused = await office.desk.approve(await promptOf(alone.incident), me);
    expect(refused).toMatchObject({ kind: 'refused', refusal: { code: 'self_approval' } });
    const mistyped = await wished(last === 'AAAA' ? 'BBBB' : 'AAAA');
    expect(mistyped.plans).toEqual([]);
    expect(mistyped.refusals).toMatchObject([{ code: 'host_key_doubtful' }]);
    const typed = await wished(last);
    const [plan] = typed.plans;
    if (plan === undefined) throw new Error('nothing was planned');
    const request = await promptOf(typed.incident);
    expect(await office.desk.approve(request, me)).toMatchObject({ kind: 'running' });
    expect(await office.receipt(typed.incident, request)).toMatchObject({ targets: [{ outcome: 'verified' }] });
    expect(await reasonOf('vast-3')).toBe('answers');
    expect(await wished()).toMatchObject({ plans: [], refusals: [] });
  });

  it('is believed as soon as a person has written its key into the file', async () => {
    await site.machine('vast-3').restartWithNewHostKey();
    expect(await reasonOf('vast-3')).toBe('host_key_changed');
    const { host, port } = site.machine('vast-3').address;
    const line = execFileSync('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), host], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    writeFileSync(join(configOf(config).knownHostsFile), `${knownHosts()}${line}`);
    expect(await reasonOf('vast-3')).toBe('answers');
  });
});
