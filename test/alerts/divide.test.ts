import { describe, expect, it } from 'vitest';
import { divide } from '../../src/alerts/divide.ts';
import { readAlerts } from '../../src/alerts/read-alerts.ts';

const clusters = ['a', 'b'];

describe('whose an alert is', () => {
  it('divides an Alertmanager’s alerts by their labels, the common one where they have none', () => {
    const alert = (cluster?: string) => ({
      labels: { alertname: 'Down', ...(cluster === undefined ? {} : { cluster }) },
    });
    const body = { version: '4', commonLabels: { cluster: 'b' }, alerts: [alert('a'), alert(), alert('a')] };
    expect(divide(body, clusters)).toEqual([
      { cluster: 'a', body: { ...body, alerts: [alert('a'), alert('a')] } },
      { cluster: 'b', body: { ...body, alerts: [alert()] } },
    ]);
  });

  it.each([
    ['a field', { title: 'x', cluster: 'b' }],
    ['the payload of an event', { event_type: 'MODEL_PROMOTED', payload: { cluster: 'b' } }],
    ['a label', { title: 'x', labels: { cluster: 'b' } }],
  ])('reads %s', (_, body) => {
    expect(divide(body, clusters)).toEqual([{ cluster: 'b', body }]);
  });

  it.each([
    ['none', { title: 'hex8_2p failed' }],
    ['a stranger', { title: 'hex8_2p failed', cluster: 'c' }],
    ['what is no name', { title: 'hex8_2p failed', cluster: 7 }],
  ])('makes of an alert that names %s one that nobody recognises, with all that came', (_, body) => {
    const [part, ...others] = divide(body, clusters);
    expect(others).toEqual([]);
    expect(part?.cluster).toBeUndefined();
    const [alert] = readAlerts(part?.body ?? {}, { models: [], nodes: [] });
    expect(alert).toMatchObject({ recognised: false, raw: expect.stringContaining('hex8_2p failed') });
  });

  it('loses no alert that is no object', () => {
    const parts = divide({ version: '4', alerts: ['text', { labels: { cluster: 'a' } }] }, clusters);
    expect(parts.map(({ cluster }) => cluster)).toEqual([undefined, 'a']);
    expect(JSON.stringify(parts[0])).toContain('text');
  });
});
