import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertDoor, takeMessage } from '../../src/alerts/door.ts';
import type { Alert } from '../../src/alerts/read-alerts.ts';
import { alertInMessage } from '../../src/alerts/read-messages.ts';
import { modelOf } from '../jobs/node-here.ts';

const models = ['hex8_2p', 'square8_4p'].map(modelOf);
const nodes = [{ name: 'vast-3' }, { name: 'nebius-h100-1' }];

async function taken(message: Parameters<typeof alertInMessage>[0]): Promise<Alert[]> {
  const alerts: Alert[] = [];
  const door: AlertDoor = {
    known: () => ({ models, nodes }),
    accept: async (alert) => {
      alerts.push(alert);
      return undefined;
    },
    count: () => {},
  };
  await takeMessage(message, door);
  return alerts;
}

const field = (title: string, value: string) => ({ title, value, short: true });
const alertOf = (details: string) => ({
  text: '',
  attachments: [
    {
      title: 'RingRift Alert: MODEL_DISTRIBUTION_FAILED',
      text: 'All transport methods failed',
      fields: [field('Severity', 'ERROR'), field('Node', 'vast-3'), field('Time', '10:00'), field('Details', details)],
    },
  ],
});

describe('an alert in a message of another bot', () => {
  it.each([
    ['whole details', alertOf('{"model_name": "hex8_2p"}'), { models: ['hex8_2p'], nodes: ['vast-3'] }],
    ['details cut at 500 characters', alertOf('{"items": ["canonical_hex8_2p.pth", "canon'), { models: ['hex8_2p'] }],
    ['details in a code block', alertOf('```{"model_name": "square8_4p"}```'), { models: ['square8_4p'] }],
    [
      'a title with a severity and the node in the footer',
      {
        text: '',
        attachments: [
          { title: '[WARNING] hex8_2p is old &amp; stale', text: 'since noon', footer: 'RingRift AI | vast-3' },
        ],
      },
      { title: 'hex8_2p is old & stale: since noon', models: ['hex8_2p'], nodes: ['vast-3'] },
    ],
    [
      'a line with its source',
      { text: ':warning: *[p2p] DISTRIBUTION_INCOMPLETE*\nsquare8_4p only on 1/8 nodes', attachments: [] },
      { title: 'DISTRIBUTION_INCOMPLETE: square8_4p only on 1/8 nodes', models: ['square8_4p'] },
    ],
    [
      'a notice of a promotion',
      { text: ':rocket: *Model PRODUCTION*\nModel: canonical_hex8_2p.pth\nElo: 1700', attachments: [] },
      { title: 'MODEL_PROMOTED', models: ['hex8_2p'], waits: 'watch' },
    ],
  ])('is read from %s', async (_, message, wanted) => {
    expect(await taken(message)).toMatchObject([{ recognised: true, ...wanted }]);
  });

  it.each([
    ['a pull request', { text: 'alice opened #12: hex8_2p', attachments: [{ title: 'Fix hex8_2p', text: 'x' }] }],
    ['a greeting', { text: ':wave: hello', attachments: [] }],
    ['nothing', { text: '', attachments: [] }],
  ])('is not seen in %s', async (_, message) => {
    expect(await taken(message)).toEqual([]);
  });

  it('is the same alert when the same message is sent twice', async () => {
    const [first] = await taken(alertOf('{"model_name": "hex8_2p"}'));
    const [second] = await taken(alertOf('{"model_name": "hex8_2p"}'));
    expect(second?.delivery).toBe(first?.delivery);
    const [other] = await taken(alertOf('{"model_name": "square8_4p"}'));
    expect(other?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('is looked for in any message without a fault', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.dictionary(fc.string(), fc.anything())), (text, attachments) => {
        const found = alertInMessage({ text, attachments });
        expect(found === undefined || typeof found === 'object').toBe(true);
      }),
    );
  });
});
