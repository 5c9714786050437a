import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAlerts } from '../../src/alerts/read-alerts.ts';

const known = {
  models: ['hex8_2p', 'hex8_3p', 'square19_4p'].map((name) => ({
    name,
    canonical: `canonical_${name}.pth`,
    alias: `ringrift_best_${name}.pth`,
  })),
  nodes: ['vast-1', 'vast-12', 'nebius-h100-1', 'mac-studio'].map((name) => ({ name })),
};

const read = (body: object) => readAlerts({ ...body }, known);

describe('router events', () => {
  const failed = 'MODEL_DISTRIBUTION_FAILED';
  it.each<[string, string, object, string[], string[]]>([
    [
      'items and a reason',
      failed,
      { items: ['models/canonical_hex8_2p.pth'], reason: 'timeout', timestamp: 1, node_id: 'mac-studio' },
      ['hex8_2p'],
      ['mac-studio'],
    ],
    [
      'a path that was waited for',
      failed,
      {
        model_name: 'canonical_hex8_3p',
        expected_path: '/data/models/canonical_hex8_3p.pth',
        timeout_seconds: 300,
        reason: 'timeout',
        timestamp: 1,
        node_id: 'vast-1',
      },
      ['hex8_3p'],
      ['vast-1'],
    ],
    [
      'an error with partial models',
      failed,
      { error: 'S3', partial_models: ['canonical_hex8_2p.pth', 'ringrift_best_hex8_3p.pth'] },
      ['hex8_2p', 'hex8_3p'],
      [],
    ],
    [
      'a list of failed nodes',
      failed,
      { model_path: 'models/canonical_square19_4p.pth', error: 'rsync', failed_nodes: ['vast-12', 'nebius-h100-1'] },
      ['square19_4p'],
      ['vast-12', 'nebius-h100-1'],
    ],
    [
      'a number of retries',
      failed,
      { error: 'x', model_name: 'hex8_2p', expected_path: null, retry_count: 2 },
      ['hex8_2p'],
      [],
    ],
    [
      'a promotion',
      'MODEL_PROMOTED',
      {
        config_key: 'hex8_2p',
        model_path: 'models/canonical_hex8_2p.pth',
        board_type: 'hex8',
        num_players: 2,
        reason: 'elo',
        timestamp: 1,
      },
      ['hex8_2p'],
      [],
    ],
    [
      'a promotion without a path',
      'MODEL_PROMOTED',
      { model_id: 'abc', config: 'hex8_3p', elo: 1_145 },
      ['hex8_3p'],
      [],
    ],
    [
      'too few nodes',
      'DISTRIBUTION_INCOMPLETE',
      { model_path: 'models/canonical_hex8_2p.pth', required_nodes: 5, actual_nodes: 2, timeout_seconds: 300 },
      ['hex8_2p'],
      [],
    ],
    [
      'a blocked evaluation',
      'model_evaluation_blocked',
      { model_path: 'canonical_hex8_2p.pth', required_nodes: 5, actual_nodes: 2, reason: 'x' },
      ['hex8_2p'],
      [],
    ],
    [
      'corruption',
      'MODEL_CORRUPTED',
      { model_id: 'hex8_2p', model_path: 'x.pth', corruption_type: 'zip' },
      ['hex8_2p'],
      [],
    ],
    [
      'completion with counts',
      'MODEL_DISTRIBUTION_COMPLETE',
      { models_collected: 12, models_distributed: 12, target_hosts: ['vast-1'], duration: 4 },
      [],
      ['vast-1'],
    ],
  ])('%s', (_, event_type, payload, models, nodes) => {
    expect(read({ event_type, payload, source: 'daemon', timestamp: 'x', event_id: '1' })).toMatchObject([
      { sender: 'router', models, nodes },
    ]);
  });

  it('are titled by the event in capitals and why', () => {
    const [alert] = read({ event_type: 'model_corrupted', payload: { corruption_type: 'bad zip' } });
    expect(alert?.title).toBe('MODEL_CORRUPTED: bad zip');
  });

  it('are the same alert when only times and delivery ids differ, another one otherwise', () => {
    const event = (but: object, payload: object = {}) =>
      read({
        event_type: failed,
        payload: { model_name: 'hex8_2p', error: 'x', retry_count: 1, timestamp: 1, ...payload },
        event_id: '1',
        ...but,
      })[0]?.fingerprint;
    expect(event({ event_id: '2', timestamp: 'later' }, { retry_count: 2, timestamp: 9 })).toBe(event({}));
    expect(event({}, { model_name: 'hex8_3p' })).not.toBe(event({}));
    expect(event({ event_type: 'MODEL_CORRUPTED' })).not.toBe(event({}));
  });
});

describe('Alertmanager v4', () => {
  const alert = (but: object = {}) => ({
    status: 'firing',
    labels: { alertname: 'ModelMissing', instance: 'vast-1:9100', model: 'hex8_2p', severity: 'critical' },
    annotations: { summary: 'hex8_2p is missing on vast-1' },
    startsAt: '2026-03-01T12:00:00Z',
    generatorURL: 'http://prom/x',
    fingerprint: 'abc',
    ...but,
  });
  const webhook = (...alerts: object[]) => ({
    version: '4',
    groupKey: '{}',
    status: 'firing',
    receiver: 'medic',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
    alerts,
  });

  it('gives one alert each; one that its sender calls resolved only starts a look', () => {
    expect(read(webhook(alert(), alert({ status: 'resolved' })))).toMatchObject([
      {
        sender: 'alertmanager',
        title: 'hex8_2p is missing on vast-1',
        models: ['hex8_2p'],
        nodes: ['vast-1'],
        ended: false,
      },
      { ended: true },
    ]);
    expect(read(webhook())).toEqual([]);
  });

  it.each<[object, string]>([
    [{ annotations: { description: 'the long words' } }, 'the long words'],
    [{ annotations: {} }, 'ModelMissing'],
    [{ annotations: null, labels: 7 }, 'unrecognised alert'],
  ])('%j is titled %s', (but, title) => expect(read(webhook(alert(but)))[0]?.title).toBe(title));

  it('is the same alert when it is sent again', () => {
    const print = (but: object) => read(webhook(alert(but)))[0]?.fingerprint;
    expect(print({ startsAt: 'later', fingerprint: 'x', generatorURL: 'y' })).toBe(print({}));
  });
});

describe('generic events', () => {
  it.each<[object, string]>([
    [
      {
        event_type: 'x',
        severity: 'WARN',
        title: 'Sync is late',
        message: 'vast-1 has old files',
        details: {},
        timestamp: 1,
      },
      'Sync is late: vast-1 has old files',
    ],
    [{ message: 'only a message' }, 'only a message'],
    [{ event_type: 'DISK_FULL' }, 'DISK_FULL'],
    [{ text: ':warning: *[daemon] x*' }, ':warning: *[daemon] x*'],
    [{}, 'unrecognised alert'],
    [{ title: 7, alerts: 'no list', version: '4' }, 'unrecognised alert'],
    [{ event_type: 'X', payload: 'no object' }, 'X'],
  ])('%j is titled %s', (body, title) => expect(read(body)).toMatchObject([{ sender: 'generic', title }]));

  it('finds names inside sentences, broken JSON and deep lists, as whole words only', () => {
    const [alert] = read({
      title: 'Failed to distribute canonical_hex8_2p.pth to vast-12.',
      details: '{"nodes": ["nebius-h100-1", "vas',
      more: [[{ deep: 'square19_4p' }]],
    });
    expect(alert).toMatchObject({ models: ['hex8_2p', 'square19_4p'], nodes: ['vast-12', 'nebius-h100-1'] });
  });

  it.each(['canonical_hex8_2p_v41.pth', 'hex8_2p_v2', 'canonical_hex8_2p.pth.bak', 'vast-121', 'xvast-1'])(
    'takes %s for none of ours',
    (text) => {
      expect(read({ title: text })).toMatchObject([{ models: [], nodes: [] }]);
    },
  );
});

function isResolved(alert: unknown): boolean {
  return typeof alert === 'object' && alert !== null && 'status' in alert && alert.status === 'resolved';
}

it.each(['', '  ', ' '.repeat(400)])('an event without a name, %j, is told as unrecognised', (name) => {
  expect(readAlerts({ event_type: name, payload: {} }, known)).toMatchObject([{ title: 'unrecognised alert' }]);
});

it('keeps what it cannot read, without addresses, and lets no look judge it', () => {
  const [alert] = read({ what: 'broken at 10.0.0.7', nodes: 3 });
  expect(alert).toMatchObject({ title: 'unrecognised alert', recognised: false, judged: false });
  expect(alert?.raw).toBe('{"what":"broken at [address]","nodes":3}');
  expect(alert?.fingerprint).toBe(read({ what: 'broken at 10.0.0.7', nodes: 4 })[0]?.fingerprint);
});

it.each([
  [{ event_type: 'MODEL_DISTRIBUTION_FAILED', payload: { error: 'x - retry 1/3 in 30s' } }, 'retry', true],
  [{ event_type: 'MODEL_PROMOTED', payload: { config_key: 'hex8_2p' } }, 'watch', true],
  [{ event_type: 'MODEL_DISTRIBUTION_FAILED', payload: { error: 'x' } }, 'group', true],
  [{ title: 'GPU is hot', message: 'vast-1' }, 'group', false],
  [{ title: 'GPU is hot', message: 'hex8_2p' }, 'group', true],
])('%j waits as %s and is judged by a look: %s', (body, waits, judged) => {
  expect(read(body)[0]).toMatchObject({ waits, judged });
});

it.each(['MODEL_EVALUATION_BLOCKED', 'distribution_incomplete'])(
  '%s is asked where the distribution stands',
  (name) => {
    const payload = { model_path: 'models/canonical_hex8_2p.pth', required_nodes: 3, actual_nodes: 1 };
    expect(read({ event_type: name, payload })).toMatchObject([
      { models: ['hex8_2p'], also: ['incident-causes', 'distribution-progress'] },
    ]);
    expect(read({ event_type: 'MODEL_CORRUPTED', payload })[0]?.also).toEqual(['incident-causes']);
    expect(read({ event_type: 'GPU_HOT', payload: {} })[0]).not.toHaveProperty('also');
  },
);

it('has one cause for a model, wherever it was seen, and one a node for what names no model', () => {
  const cause = (payload: object) => read({ event_type: 'MODEL_DISTRIBUTION_FAILED', payload })[0]?.fingerprint;
  expect(cause({ model_name: 'hex8_2p', failed_nodes: ['vast-1'] })).toBe(
    cause({ model_name: 'hex8_2p', failed_nodes: ['vast-12'] }),
  );
  expect(cause({ failed_nodes: ['vast-1'] })).not.toBe(cause({ failed_nodes: ['vast-12'] }));
});

it('whatever comes: never throws, loses nothing, and names only what the inventory knows', () => {
  const names = new Set(known.nodes.map(({ name }) => name));
  const body = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.record(
      { event_type: fc.jsonValue(), payload: fc.jsonValue(), title: fc.jsonValue(), message: fc.jsonValue() },
      { requiredKeys: [] },
    ),
    fc.record({
      version: fc.constant('4'),
      alerts: fc.array(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('labels', 'annotations', 'status'), fc.jsonValue())),
      ),
    }),
  );
  fc.assert(
    fc.property(body, (object) => {
      const alerts = readAlerts(object, known);
      const isWebhook = 'version' in object && object['version'] === '4' && Array.isArray(object['alerts']);
      const listed: unknown[] = isWebhook && Array.isArray(object['alerts']) ? object['alerts'] : [{}];
      expect(alerts.map(({ ended }) => ended)).toEqual(listed.map(isResolved));
      for (const alert of alerts) {
        expect(alert.title.trim()).not.toBe('');
        expect(alert.title.length).toBeLessThanOrEqual(300);
        expect(alert.nodes.every((node) => names.has(node))).toBe(true);
      }
    }),
  );
});
