import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aliasName, canonicalName } from '../../src/demo/fleet/models.ts';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { appToken, botToken, channel, startTestSlack } from '../slack/support/local.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { postAlert } from '../support/flow/alerts-door.ts';
import { buttonOf } from '../support/flow/button-of.ts';
import { type Root, runMedic, startRoot } from '../support/flow/children.ts';
import { type Collector, startCollector, type ToldSpan } from '../support/flow/collector.ts';
import { type Office, openOffice } from '../support/flow/office.ts';
import { configOf, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const token = 'a-token-of-the-test';
const preload = pathToFileURL(join(import.meta.dirname, '..', 'support', 'flow', 'loaded-modules.mjs')).href;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('traces', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let slack: LocalSlack;
  let office: Office;
  let collector: Collector;
  let config: string;
  let common: Readonly<Record<string, string>>;
  const roots: Root[] = [];
  /** Each start writes what it loads into a file of its own. */
  let starts = 0;
  const loaded = (name: string) => join(site.folder, `loaded-${name}-${starts}`);

  async function startBoth(env: Readonly<Record<string, string>>): Promise<Record<'bot' | 'worker', Root>> {
    starts += 1;
    const start = (name: 'bot' | 'worker') =>
      startRoot(name, config, {
        ...common,
        NODE_OPTIONS: `--import ${preload}`,
        MEDIC_TEST_LOADED: loaded(name),
        ...env,
      });
    const [bot, worker] = await Promise.all([start('bot'), start('worker')]);
    roots.push(bot, worker);
    await until('the bot listens', () => slack.connections() > 0);
    return { bot, worker };
  }

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p']);
    config = await site.configure('traced', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'limits: { groupWaitMs: 300, diskWarnPercent: 100 }',
    ]);
    [slack, collector, office] = await Promise.all([startTestSlack(), startCollector(), openOffice(configOf(config))]);
    common = {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      ALERTS_TOKEN: token,
    };
  });

  afterAll(async () => {
    await Promise.all(roots.map((root) => root.stop()));
    await office?.close();
    await collector?.close();
    await slack?.close();
    await site?.close();
  });

  describe('with a collector', () => {
    let both: Record<'bot' | 'worker', Root>;

    beforeAll(async () => {
      both = await startBoth({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    });

    afterAll(async () => {
      await Promise.all([both.bot.stop(), both.worker.stop()]);
      expect(await Promise.all([both.bot.exit, both.worker.exit])).toEqual([0, 0]);
    });

    it('lead from a command through the queue to each script on a node, and to what was posted of it', async () => {
      await command('/models check');
      const script = await collector.span('a script', inNode('vast-1', 'script models-survey'));
      await collector.span('its job', ({ name, trace }) => name === 'process check' && trace === script.trace);
      await collector.span('the command', ({ name, trace }) => name === 'command check' && trace === script.trace);
      expect(traceOf(script)).toEqual([
        ['script models-survey', 'client', 'medic-worker'],
        ['process check', 'consumer', 'medic-worker'],
        ['add check.check', 'producer', 'medic-bot'],
        ['command check', 'server', 'medic-bot'],
      ]);
      const incident = String(script.facts['medic.incident.id']);
      expect((await office.incident(incident)).look).toBeDefined();
      for (const span of above(script))
        expect(span.facts, span.name).toMatchObject({ 'medic.incident.id': incident, 'medic.cluster': 'traced' });
      expect(script.facts).toMatchObject({
        'medic.node': 'vast-1',
        'medic.script': 'models-survey',
        'process.exit.code': 0,
      });
      const post = await collector.span(
        'the post',
        ({ name, links }) => name === 'slack chat.postMessage' && links.includes(script.trace),
      );
      expect(post).toMatchObject({ service: 'medic-bot', kind: 'client', parent: '' });
      expect(post.facts).toMatchObject({ 'medic.incident.id': incident });
    });

    it('lead from a press to each script and each transfer of the change, with plan and receipt', async () => {
      unlinkSync(join(site.node('vast-1').modelsDir, canonicalName('hex8_2p')));
      await command('/models fix');
      const prompt = await until('the prompt', () => messageWith('approve'));
      await slack.as('U0BOB').click(channel, prompt.ts, buttonOf(prompt, 'approve') ?? { action_id: '', block_id: '' });
      const execution = await collector.span('the execution', ({ name }) => name === 'process execute');
      const transfer = await collector.span('the transfer', ({ name }) => name.startsWith('transfer '));
      await collector.span('the press', ({ name, trace }) => name === 'decision approve' && trace === execution.trace);
      expect(traceOf(transfer).map(([name]) => name)).toEqual([
        transfer.name,
        'step transfer',
        'target',
        'process execute',
        'add execute.execute',
        'decision approve',
      ]);
      expect(above(transfer)[2]?.facts).toMatchObject({ 'medic.node': 'vast-1', 'medic.outcome': 'verified' });
      expect(transfer.facts).toMatchObject({
        'medic.node': 'vast-1',
        'medic.source': 'mac-studio',
        'medic.file': canonicalName('hex8_2p'),
        'medic.bytes_sent': expect.any(Number),
      });
      expect(below(transfer).map(({ name }) => name)).toContain('script partial-size');
      const { executions } = await office.incident(String(execution.facts['medic.incident.id']));
      const [done] = executions;
      expect(execution.facts).toMatchObject({
        'medic.receipt.id': done?.finished?.id,
        'medic.plan.hash': done?.finished?.plan,
        'medic.request.id': done?.request,
      });
      const codes = below(execution).flatMap(({ facts: { 'medic.script': script, 'process.exit.code': code } }) =>
        ['take-lease', 'place-model', 'drop-lease'].includes(String(script)) ? [[script, code]] : [],
      );
      expect(Object.fromEntries(codes)).toEqual({ 'take-lease': 0, 'place-model': 0, 'drop-lease': 0 });
    });

    it('lead from an alert to its look, and from what the ledger says to a plan', async () => {
      unlinkSync(join(site.node('vast-1').modelsDir, aliasName('hex8_2p')));
      const payload = { model_name: 'hex8_2p', node: 'vast-1', timestamp: 1 };
      const incident = await postAlert(both.bot, token, { event_type: 'MODEL_CORRUPTED', payload, source: 'router' });
      const ofIncident = ({ facts }: ToldSpan) => facts['medic.incident.id'] === incident;
      const look = await collector.span('its look', (span) => span.name === 'process check' && ofIncident(span));
      await collector.span('the alert', (span) => span.name === 'alert' && ofIncident(span));
      expect(traceOf(look).map(([name]) => name)).toEqual(['process check', 'add check.check', 'alert']);
      // Nobody pressed for it: the plan is asked for by what the ledger says.
      const plan = await collector.span('its plan', (span) => span.name === 'process plan' && ofIncident(span));
      await until('who asked for it', () => traceOf(plan).length === 3);
      expect(traceOf(plan)[2]?.[0]).toMatch(/^(entry|task) /);
    });

    it('are named in what the log says meanwhile', async () => {
      const queue = new Queue('check', { connection: office.queues.connection, prefix: office.queues.prefix });
      await queue.add('check', { job: {} });
      const refused = await collector.span(
        'a job that nobody signed',
        ({ facts }) => facts['error.type'] === 'unsigned',
      );
      const line = both.worker
        .log()
        .split('\n')
        .find((one) => one.includes('somebody put a job past medic'));
      expect(JSON.parse(line ?? '{}')).toMatchObject({ name: 'worker', trace_id: refused.trace });
      await queue.close();
    });

    it('say nothing that stays inside: no address, key, folder, argument or word that was typed', async () => {
      await command('/models check hex8_2p on vast-1 --only wonderful-check');
      await collector.span('the refusal', ({ facts }) => facts['medic.reply'] === 'refused');
      const sent = collector.posts.map(({ body }) => body).join('\n');
      expect(sent).toContain('"vast-1"');
      for (const inside of ['127.0.0.1', site.folder, '.ssh', '/models', 'U0ALICE', 'wonderful', 'xoxb', token])
        expect(sent, inside).not.toContain(inside);
      expect(sent).not.toMatch(/\b(?:\d{1,3}\.){3}\d{1,3}\b/);
    });

    it('are sent by what only then is loaded', () => {
      for (const name of ['bot', 'worker']) expect(sdkIn(name), name).not.toEqual([]);
    });
  });

  describe('with a collector that takes none', () => {
    beforeEach(() => {
      collector.answer = 'ok';
    });

    it.each(['error', 'hang', 'gone'] as const)('(%s) hold up no work, no end, and fill no log', async (how) => {
      if (how !== 'gone') collector.answer = how;
      const url = how === 'gone' ? 'http://127.0.0.1:1' : collector.url;
      const both = await startBoth({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect((await office.look(['vast-1'])).unknown).toEqual([]);
      const before = slack.messages(channel).length;
      await command('/models check');
      await until('the answer', () => slack.messages(channel).length > before);
      if (how !== 'hang') {
        await until('it is counted', async () => /^medic_spans_dropped_total [1-9]/m.test(await metricsOf(both.bot)));
        for (const root of [both.bot, both.worker])
          await until('it is said', () => root.log().includes('the collector takes no traces'));
        await office.look(['vast-1']);
      }
      const startedMs = performance.now();
      await Promise.all([both.bot.stop(), both.worker.stop()]);
      expect(performance.now() - startedMs).toBeLessThan(9_000);
      expect(await Promise.all([both.bot.exit, both.worker.exit])).toEqual([0, 0]);
      for (const root of [both.bot, both.worker]) {
        const lines = root.log().split('\n');
        expect(lines.filter((line) => line.includes('collector')).length).toBeLessThanOrEqual(1);
      }
    });
  });

  it('begin at the schedule where nobody has asked', async () => {
    collector.answer = 'ok';
    const scheduled = await site.configure('scheduled', [
      `slack: { incidentChannel: ${channel} }`,
      'roles: { operators: ["T0TEAM/U0ALICE"], approvers: ["T0TEAM/U0BOB"] }',
      'schedule: { sweepMs: 3600000 }',
    ]);
    const bot = await startRoot('bot', scheduled, { ...common, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url });
    roots.push(bot);
    const job = await collector.span('its job', ({ facts }) => facts['medic.cluster'] === 'scheduled');
    await until('who asked for it', () => traceOf(job).length === 2);
    expect(traceOf(job)).toEqual([
      ['add check.check', 'producer', 'medic-bot'],
      ['scheduled look', 'internal', 'medic-bot'],
    ]);
    await bot.stop();
  });

  it('of nobody are made, loaded or carried where no collector is named', async () => {
    const posts = collector.posts.length;
    const both = await startBoth({ OTEL_SERVICE_NAME: 'medic', OTEL_EXPORTER_OTLP_ENDPOINT: '' });
    const before = slack.messages(channel).length;
    await command('/models check');
    await until('the answer', () => slack.messages(channel).length > before);
    for (const name of ['bot', 'worker']) {
      expect(readFileSync(loaded(name), 'utf8')).toContain(`${name}.js`);
      expect(sdkIn(name), name).toEqual([]);
    }
    // A shell's own worker sends none either: a person waits for its end.
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    expect((await runMedic(config, ['verify', 'hex8_2p', 'on', 'mac-studio'], env)).exit).toBe(0);
    expect(collector.posts.length).toBe(posts);
    expect(`${both.bot.log()}${both.worker.log()}`).not.toContain('trace_id');
    await Promise.all([both.bot.stop(), both.worker.stop()]);
  });

  /** Modules that the process started last has loaded and that hold the SDK or bullmq-otel. */
  function sdkIn(name: string): string[] {
    return readFileSync(loaded(name), 'utf8')
      .split('\n')
      .filter((url) => url.startsWith('file:'))
      .filter((url) => /BatchSpanProcessor|BullMQOtel/.test(readFileSync(new URL(url), 'utf8')));
  }

  const above = (span: ToldSpan): ToldSpan[] => {
    const parent = collector.spans().find(({ id, trace }) => id === span.parent && trace === span.trace);
    return [span, ...(parent === undefined ? [] : above(parent))];
  };
  const traceOf = (span: ToldSpan) => above(span).map(({ name, kind, service }) => [name, kind, service]);
  const below = (span: ToldSpan): ToldSpan[] =>
    collector.spans().filter((other) => above(other).some(({ id }) => id === span.id) && other !== span);
  const inNode = (node: string, name: string) => (span: ToldSpan) =>
    span.name === name && span.facts['medic.node'] === node;

  async function command(text: string): Promise<void> {
    expect(await slack.as('U0ALICE').command(channel, text)).toEqual({ ok: true });
  }

  function messageWith(action: string): Message | undefined {
    return slack
      .messages(channel)
      .flatMap(({ ts }) => slack.thread(channel, ts))
      .findLast((message) => buttonOf(message, action) !== undefined);
  }

  async function metricsOf(root: Root): Promise<string> {
    const { port } = root.greeting as { readonly port: number };
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }
});
