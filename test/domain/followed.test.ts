import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodiesOfLedger, bodiesOfLog } from '../../src/domain/followed.ts';
import { aNode } from '../support/nodes.ts';

const nodes = [
  aNode('vast-1', { addresses: [{ host: '100.64.0.7', port: 22 }] }),
  aNode('vast-2', { addresses: [{ host: 'ssh5.example.net', port: 4_001 }] }),
  aNode('vast-3', { addresses: [{ host: 'ssh5.example.net', port: 4_002 }] }),
];
const line = (message: string, level = 'WARNING') => `2026-03-01 12:00:00,123 [${level}] app.x: ${message}\n`;
const failed = (payload: object) => [{ event_type: 'MODEL_DISTRIBUTION_FAILED', payload, source: 'log' }];

describe('lines of a log', () => {
  it.each<[string, string, object]>([
    [
      'the runbook’s',
      line('Failed to distribute canonical_hex8_2p.pth to vast-1'),
      { model_path: 'canonical_hex8_2p.pth', failed_nodes: ['vast-1'] },
    ],
    [
      'a mismatch by address',
      line('Checksum mismatch on 100.64.0.7'),
      { failed_nodes: ['vast-1'], error: 'Checksum mismatch on vast-1' },
    ],
    [
      'an address of several',
      line('Checksum mismatch on ssh5.example.net'),
      { error: 'Checksum mismatch on a node that is not in the inventory' },
    ],
    [
      'the master loop’s',
      '2026-03-01 12:00:00 [W]   rsync failed for canonical_hex8_2p.pth: reset\n',
      { model_path: 'canonical_hex8_2p.pth' },
    ],
    ['a cycle', line('Error in distribution daemon cycle: boom', 'ERROR'), { error: expect.stringContaining('boom') }],
    [
      'JSON',
      `${JSON.stringify({ timestamp: '2026-03-01T12:00:00Z', level: 'ERROR', message: 'MODEL_DISTRIBUTION_FAILED (retry 1/3): canonical_hex8_2p.pth - x - retrying in 30s' })}\n`,
      { error: expect.stringContaining('retry 1/3') },
    ],
  ])('%s is a failed distribution', (_, text, payload) => {
    expect(bodiesOfLog(text, 0, nodes)).toMatchObject(failed(payload));
  });

  it('tell of a promotion, and of nothing else that works', () => {
    expect(bodiesOfLog(line('Received MODEL_PROMOTED: models/canonical_hex8_2p.pth', 'INFO'), 0, nodes)).toMatchObject([
      { event_type: 'MODEL_PROMOTED', payload: { model_path: 'models/canonical_hex8_2p.pth' } },
    ]);
    expect(bodiesOfLog(line('Cycle complete in 3s: 4 distributed, 1 skipped, 0 errors', 'INFO'), 0, nodes)).toEqual([]);
    expect(bodiesOfLog(line('Created 12 model symlinks', 'INFO'), 0, nodes)).toEqual([]);
  });

  it('never throw, and never name a node that is not there', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 30 }), (text, host) => {
        const bodies = [
          ...bodiesOfLog(text, 60, nodes),
          ...bodiesOfLog(line(`Checksum mismatch on ${host}`), 0, nodes),
          ...bodiesOfLedger(text, nodes),
        ];
        for (const { payload } of bodies)
          expect(JSON.stringify(payload)).not.toMatch(/failed_nodes":\["(?!vast-[123]")/);
      }),
      { numRuns: 50 },
    );
  });
});

describe('rows of the ledger', () => {
  const row = (but: object = {}) =>
    JSON.stringify({
      node: 'vast-1',
      reason: 'Transfer failed',
      file: 'canonical_hex8_2p.pth',
      tried: null,
      most: null,
      atS: 1,
      ...but,
    });

  it('are failed distributions; one that is tried again says so', () => {
    expect(
      bodiesOfLedger(`${row()}\n${row({ node: '100.64.0.7', tried: 1, most: 3 })}\nnonsense\n{}`, nodes),
    ).toMatchObject([
      { source: 'ledger', payload: { failed_nodes: ['vast-1'], error: 'Transfer failed' } },
      { source: 'ledger', payload: { failed_nodes: ['vast-1'], error: 'Transfer failed - retry 2/3' } },
    ]);
    expect(bodiesOfLedger(row({ tried: 3, most: 3 }), nodes)).toMatchObject([
      { payload: { error: 'Transfer failed' } },
    ]);
  });
});
