import { mkdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadInstallation } from '../../src/config/installation.ts';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import { objectsOf } from '../../src/demo/slack/json.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { honestJob, putSigned, requestedFor, signedAgain } from '../support/flow/forged-jobs.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { me, type Site, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const names = ['near', 'far'] as const;
type Name = (typeof names)[number];
const channels: Record<Name, string> = { near: channel, far: 'C0FAR' };
const alias = aliasName('hex8_2p');
const Answer = z.object({ accepted: z.number(), incidents: z.array(z.string()) });

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('two clusters whose nodes have the same names', () => {
  let folder: string;
  let config: string;
  let slack: LocalSlack;
  const sites = new Map<Name, Site>();
  const offices = new Map<Name, Office>();
  const roots: Root[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'medic-two-'));
    const files: string[] = [];
    for (const name of names) {
      const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
      const site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p']);
      sites.set(name, site);
      files.push(
        await site.configure(name, [
          `slack: { incidentChannel: ${channels[name]} }`,
          `roles: { operators: ["T0TEAM/U0ALICE", "${me}"], approvers: ["T0TEAM/U0BOB"] }`,
          'limits: { groupWaitMs: 500, diskWarnPercent: 100 }',
        ]),
      );
    }
    config = join(folder, 'medic.yaml');
    writeFileSync(config, `clusters: ${JSON.stringify(files)}\n`, { mode: 0o600 });
    mkdirSync(join(folder, 'state'), { mode: 0o700 });
    slack = await startTestSlack({
      channels: [
        { id: channels.far, name: 'far' },
        { id: 'C0HALL', name: 'hall' },
      ],
    });
    const loaded = loadInstallation({ configFile: config, env: {} });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    for (const [index, name] of names.entries()) {
      const own = loaded.clusters[index];
      if (own !== undefined) offices.set(name, await openOffice(own));
    }
    const access = { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken };
    roots.push(await startRoot('worker', config));
    roots.push(await startRoot('bot', config, { ...access, ALERTS_TOKEN: 'a-token' }));
    await until('the bot listens', () => slack.connections() > 0);
  }, 300_000);

  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    for (const office of offices.values()) await office.close();
    await slack?.close();
    for (const site of sites.values()) await site.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('looks at the cluster of the channel, at the one that is named, and asks where neither tells', async () => {
    breakAlias('far');
    await type(channels.near, 'check');
    await rootIn(channels.near, /^near: .*right/);
    await type(channels.far, 'check');
    await rootIn(channels.far, /^far: .*hex8_2p is wrong on 1/);
    await type('C0HALL', 'check hex8_2p on vast-* in far');
    await rootIn('C0HALL', /^far: .*hex8_2p is wrong on 1/);
    await type('C0HALL', 'check');
    await until('a question', () =>
      JSON.stringify(slack.as('U0ALICE').ephemerals('C0HALL')).includes('Which cluster? Say in near or in far'),
    );
    mend('far');
  });

  it('plans, approves and repairs in each, and nothing of one is in the other', async () => {
    for (const name of names) breakAlias(name);
    for (const name of names) {
      await type(channels[name], 'fix on vast-1');
      const prompt = await until(`a prompt in ${name}`, () =>
        slack
          .messages(channels[name])
          .flatMap(({ ts }) => slack.thread(channels[name], ts))
          .find((message) => buttonOf(message) !== undefined),
      );
      const button = buttonOf(prompt);
      if (button === undefined) throw new Error('no button');
      await slack.as('U0ALICE').click(channels[name], prompt.ts, button);
      await until(`${name} is mended`, () => linkOf(name) === canonicalName('hex8_2p'), 60_000);
      const other = name === 'near' ? 'far' : 'near';
      if (name === 'near') expect(linkOf(other), 'the other cluster is as it was').toBeUndefined();
      const [incident = ''] = await of(name).memory.ledger.recent(1);
      expect((await of(name).incident(incident)).plans.values().next().value?.cluster).toBe(name);
      expect(await of(other).entries(incident)).toEqual([]);
    }
  });

  it('refuses a plan of the one in the queue of the other, whoever signed it', async () => {
    breakAlias('near');
    breakAlias('far');
    const { incident, plans } = await of('near').plan(['vast-1']);
    const [plan] = plans;
    if (plan === undefined) throw new Error('no plan');
    const honest = {
      ...honestJob(of('near').config, incident, plan),
      incident: (await of('far').open(['vast-1'], 'fix')).incident,
    };
    const { connection, prefix } = of('far').queues;
    const queue = new Queue('execute', { connection, prefix });
    for (const [job, code] of [
      [honest, 'approval_forged'],
      [signedAgain(of('far').config, honest, { request: '1'.repeat(32) }), 'wrong_cluster'],
      [signedAgain(of('far').config, honest, { request: '2'.repeat(32), cluster: 'far' }), 'wrong_cluster'],
    ] as const) {
      await of('far').memory.ledger.append(job.incident, requestedFor(job));
      await putSigned(of('far'), queue, job);
      await until(`a refusal: ${code}`, async () =>
        (await of('far').entries(job.incident)).some(
          ({ event }) =>
            event.kind === 'refused' && event.code === code && event.request === job.signed.approval.request,
        ),
      );
    }
    await queue.close();
    for (const name of names) {
      expect(linkOf(name), name).toBeUndefined();
      mend(name);
    }
  });

  it('makes of the same alert in both two incidents, and loses none that names neither', async () => {
    const alert = (cluster?: string) => ({
      title: 'hex8_2p failed on vast-1',
      ...(cluster === undefined ? {} : { cluster }),
    });
    const both = await post('', [alert('near'), alert('far')]);
    const { incidents, accepted } = Answer.parse(both.body);
    expect(accepted).toBe(2);
    expect(new Set(incidents).size).toBe(2);
    for (const [index, name] of names.entries()) expect(await of(name).entries(incidents[index] ?? '')).not.toEqual([]);
    const stranger = Answer.parse((await post('', alert('elsewhere'))).body);
    const [opened] = await of('near').entries(stranger.incidents[0] ?? '');
    expect(JSON.stringify(opened?.event)).toContain('names no cluster of this installation');
    expect(Answer.parse((await post('?cluster=far', alert())).body).incidents).toEqual([incidents[1]]);
    expect(await post('?cluster=farr', alert())).toEqual({
      status: 400,
      body: { error: '"farr" is no cluster of this installation. Did you mean far?', path: '?cluster' },
    });
  });

  it('is asked by name in a shell, where the first line says which it is', async () => {
    const asked = await runMedic(config, ['nodes']);
    expect({ exit: asked.exit, said: asked.stderr }).toEqual({
      exit: 2,
      said: expect.stringContaining('Which cluster? Say in near or in far'),
    });
    breakAlias('far');
    const far = await runMedic(config, ['check', 'in', 'far', '--json']);
    expect(far.json).toMatchObject({ cluster: 'far', findings: [{ code: 'alias_missing', node: 'vast-1' }] });
    expect((await runMedic(config, ['check', 'in', 'near'])).stdout).toMatch(/^near: /);
    mend('far');
  });

  it('is chosen in a shell by the plan, the receipt or the incident that is named', async () => {
    breakAlias('far');
    const planned = await runMedic(config, ['fix', 'in', 'far', '--json']);
    const hash = text(listIn(planned.json['plans'])[0]?.['hash']);
    const run = await runMedic(config, ['approve', hash.slice(0, 12), '--json']);
    expect(run.json, run.stderr).toMatchObject({ cluster: 'far', ok: true });
    expect(linkOf('far')).toBe(canonicalName('hex8_2p'));
    const receipt = /r-[0-9a-f]{8}/.exec(run.stdout)?.[0] ?? '';
    expect((await runMedic(config, ['receipt', receipt])).stdout).toMatch(/^far: /);
    const [incident = ''] = await of('far').memory.ledger.recent(1);
    expect((await runMedic(config, ['timeline', incident])).stdout).toMatch(/^far: /);
    expect(await runMedic(config, ['receipt', 'r-00000000'])).toMatchObject({ exit: 2 });
  });

  function of(name: Name): Office {
    const office = offices.get(name);
    if (office === undefined) throw new Error(`no office of ${name}`);
    return office;
  }

  function aliasIn(name: Name): string {
    return join(sites.get(name)?.node('vast-1').modelsDir ?? '', alias);
  }

  function breakAlias(name: Name): void {
    rmSync(aliasIn(name), { force: true });
  }

  function mend(name: Name): void {
    if (linkOf(name) !== undefined) unlinkSync(aliasIn(name));
    symlinkSync(canonicalName('hex8_2p'), aliasIn(name));
  }

  function linkOf(name: Name): string | undefined {
    try {
      return readlinkSync(aliasIn(name));
    } catch {
      return undefined;
    }
  }

  async function type(where: string, words: string): Promise<void> {
    expect(await slack.as('U0ALICE').command(where, `/models ${words}`)).toEqual({ ok: true });
  }

  async function rootIn(where: string, words: RegExp): Promise<Message> {
    return until(`${String(words)} in ${where}`, () => slack.messages(where).find(({ text }) => words.test(text)));
  }

  async function post(query: string, body: object): Promise<{ status: number; body: unknown }> {
    const { port } = z.object({ port: z.number() }).parse(roots[1]?.greeting);
    const headers = { authorization: 'Bearer a-token' };
    const response = await fetch(`http://127.0.0.1:${port}/alerts${query}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
});

function buttonOf(message: Message): { action_id: string; block_id: string } | undefined {
  for (const block of message.blocks) {
    const found = objectsOf(block['elements']).find((element) => element['action_id'] === 'approve');
    if (found !== undefined) return { action_id: 'approve', block_id: String(block['block_id']) };
  }
  return undefined;
}
