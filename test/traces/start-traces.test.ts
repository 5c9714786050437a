import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTraces } from '../../src/traces/start-traces.ts';
import { type Collector, startCollector, wayOf } from '../support/flow/collector.ts';
import { until } from '../support/flow/until.ts';

type Said = { readonly level: string; readonly message: string; readonly fields: object };

let collector: Collector;
let traces: ReturnType<typeof startTraces>;
let dropped: number;
let said: Said[];

const say = (level: string) => (fields: object, message: string) => void said.push({ level, message, fields });

function start(url = `${collector.url}/v1/traces`): void {
  dropped = 0;
  said = [];
  traces = startTraces({
    url,
    headers: { 'x-token': 'abc' },
    service: 'medic-test',
    logger: { info: say('info'), warn: say('warn'), error: say('error') },
    onDropped: (count) => {
      dropped += count;
    },
  });
}

const named = (name: string) => collector.spans().find((span) => span.name === name);

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await traces.close();
  await collector.close();
});

describe('spans', () => {
  beforeEach(() => start());

  it('are sent whole, with headers, below who asked for them, and say what everything above them is about', async () => {
    const { spans } = traces;
    const answer = await spans.within({ name: 'outer', kind: 'server', facts: { 'medic.command': 'check' } }, () =>
      spans.about({ 'medic.incident.id': 'i-00000001', 'medic.cluster': undefined }, () =>
        spans.within(
          { name: 'inner', kind: 'client', outcome: (code) => ({ 'process.exit.code': code }) },
          async () => 7,
        ),
      ),
    );
    await traces.close();
    expect(answer).toBe(7);
    expect(collector.posts[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-token': 'abc' } });
    const [outer, inner] = [named('outer'), named('inner')];
    expect(outer).toMatchObject({
      service: 'medic-test',
      kind: 'server',
      parent: '',
      failed: false,
      facts: { 'medic.command': 'check', 'medic.incident.id': 'i-00000001' },
    });
    expect(inner).toMatchObject({
      kind: 'client',
      parent: outer?.id,
      trace: outer?.trace,
      facts: { 'medic.incident.id': 'i-00000001', 'process.exit.code': 7 },
    });
    expect(Object.keys(outer?.facts ?? {})).not.toContain('medic.cluster');
  });

  it('say how it failed, masked, and do not change what was thrown', async () => {
    const { spans } = traces;
    const trouble = new Error('no way to root@10.1.2.3:22 with ~/.ssh/id_ed25519, token=abcdefgh');
    await expect(
      spans.within({ name: 'fails', facts: { words: ['at 10.9.9.9', 'fine'].join(' ') } }, () =>
        Promise.reject(trouble),
      ),
    ).rejects.toBe(trouble);
    await spans.within({ name: 'unknown', outcome: () => ({ 'error.type': 'timeout' }) }, async () => undefined);
    await traces.close();
    expect(named('fails')).toMatchObject({
      failed: true,
      facts: { 'error.type': 'Error', words: 'at [address] fine' },
      events: [
        {
          name: 'exception',
          facts: { 'exception.message': 'no way to [user]@[address] with [key], token=[secret]' },
        },
      ],
    });
    expect(named('unknown')).toMatchObject({ failed: true, facts: { 'error.type': 'timeout' } });
    expect(collector.posts.map(({ body }) => body).join()).not.toMatch(/10\.1\.2\.3|id_ed25519|abcdefgh|\.test\.ts/);
  });

  it('of turns are told only where something below them was', async () => {
    const { spans } = traces;
    await spans.turn({ name: 'idle turn' }, async () => undefined);
    await spans.turn({ name: 'busy turn' }, () => spans.within({ name: 'work' }, async () => undefined));
    await traces.close();
    expect(named('idle turn')).toBeUndefined();
    const work = named('work');
    expect(work === undefined ? [] : wayOf(work, collector.spans())).toEqual(['work', 'busy turn']);
  });

  it('that tell what came of an incident’s work are linked to it and no part of it', async () => {
    const { spans } = traces;
    await spans.within({ name: 'asked first' }, async () => spans.keep('i-00000001'));
    await spans.within({ name: 'asked last' }, async () => spans.keep('i-00000001'));
    await spans.within({ name: 'other' }, () => spans.within({ name: 'post', after: 'i-00000001' }, async () => {}));
    await spans.within({ name: 'post of nothing', after: 'i-00000002' }, async () => {});
    await traces.close();
    expect(named('post')).toMatchObject({ parent: '', links: [named('asked last')?.trace] });
    expect(named('post')?.trace).not.toBe(named('other')?.trace);
    expect(named('post of nothing')).toMatchObject({ parent: '', links: [] });
  });

  it('give log lines their trace while they last, and not afterwards', async () => {
    const { spans } = traces;
    const idsIn = (ms: number) => new Promise<object>((resolve) => setTimeout(() => resolve(spans.ids()), ms));
    let late = idsIn(0);
    const during = await spans.within({ name: 'logs' }, () => {
      // As a socket does that was opened meanwhile.
      late = idsIn(50);
      return idsIn(1);
    });
    expect([spans.ids(), await late]).toEqual([{}, {}]);
    await traces.close();
    expect(during).toEqual({ trace_id: named('logs')?.trace });
  });
});

describe('a collector', () => {
  const work = (name: string) => traces.spans.within({ name }, async () => name);

  it('that answers 500 is said once, counted, and said again when it takes them', async () => {
    start();
    collector.answer = 'error';
    expect(await work('lost')).toBe('lost');
    await until('the first is given up', () => dropped === 1);
    expect(await work('lost too')).toBe('lost too');
    await until('the second is given up', () => dropped === 2);
    collector.answer = 'ok';
    await work('taken');
    await collector.span('the third', ({ name }) => name === 'taken');
    await until('it is over', () => said.length === 2);
    expect(said).toMatchObject([
      { level: 'warn', fields: { reason: 'HTTP 500' } },
      { level: 'info', fields: { lost: 2 } },
    ]);
  });

  it('that is not there delays nothing and is said without its address', async () => {
    const { url } = collector;
    await collector.close();
    start(url);
    const startedMs = performance.now();
    for (let count = 0; count < 500; count += 1) await work('lost');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await until('all are given up', () => dropped === 500);
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).not.toContain('127.0.0.1');
    expect(said).toMatchObject([{ level: 'warn', fields: { reason: 'ECONNREFUSED' } }]);
  });

  it('that hangs holds neither the work nor the end for longer than some seconds', async () => {
    start();
    collector.answer = 'hang';
    expect(await work('lost')).toBe('lost');
    await until('it is asked', () => collector.posts.length > 0);
    expect(await work('lost too')).toBe('lost too');
    const startedMs = performance.now();
    await traces.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('that is slow lets nothing pile up: what there is no room for is counted and gone', async () => {
    start();
    collector.answer = 'hang';
    for (let count = 0; count < 9_000; count += 1) await work('many');
    expect(dropped).toBe(9_000 - 8_192);
  });
});
