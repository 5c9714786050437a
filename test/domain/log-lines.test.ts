import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf, parseLog } from '../../src/domain/log-lines.ts';

const AT = Date.UTC(2025, 11, 28, 10, 0, 0);

describe('a line of a log', () => {
  it.each([
    [
      '2025-12-28 10:00:00,123 [WARNING] app.coordination.unified_distribution_daemon: Checksum mismatch on 10.0.0.7',
      AT + 123,
      'warning',
      'Checksum mismatch on 10.0.0.7',
    ],
    ['2025-12-28 10:00:00 [W] Error: circuit breaker open', AT, 'warning', 'Error: circuit breaker open'],
    ['2025-12-28 10:00:00,123 - __main__ - ERROR - Failed', AT + 123, 'error', 'Failed'],
    [
      '2025-12-28 10:00:00,5 [INFO] distribution:   rsync failed for a.pth: code 23',
      AT + 500,
      'info',
      'rsync failed for a.pth: code 23',
    ],
    [
      '{"timestamp": "2025-12-28T10:00:00.250", "level": "INFO", "logger": "x", "message": "Created 3 model symlinks"}',
      AT + 250,
      'info',
      'Created 3 model symlinks',
    ],
    ['{"timestamp": "2025-12-28T10:00:00Z", "level": "CRITICAL", "message": "m"}', AT, 'error', 'm'],
    ['{"timestamp": 1766916000, "level": "debug", "message": "m"}', AT, 'debug', 'm'],
  ])('is read: %s', (line, atMs, level, message) => {
    expect(parseLog(line, 0)).toEqual([{ atMs, level, message }]);
  });

  it('without a zone is in the zone of the node', () => {
    expect(parseLog('2025-12-28 10:00:00 [I] x', 60)[0]?.atMs).toBe(AT - 3_600_000);
    expect(parseLog('{"timestamp": "2025-12-28T10:00:00+00:00", "level": "I", "message": "m"}', 60)[0]?.atMs).toBe(AT);
  });

  it('takes what follows it with it', () => {
    const text =
      '2025-12-28 10:00:00 [E]   vast-1: UNREACHABLE - ssh: connect\nConnection timed out\n\n2025-12-28 10:00:01 [I] next';
    expect(parseLog(`lost half of a line\n${text}`, 0).map(({ message }) => message)).toEqual([
      'vast-1: UNREACHABLE - ssh: connect Connection timed out',
      'next',
    ]);
  });

  it('of any kind breaks nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constant('2025-12-28 10:00:00 [W] Checksum mismatch on'), fc.json())),
        (lines) => {
          const read = parseLog(lines.join('\n'), 0);
          expect(read.every(({ atMs }) => Number.isFinite(atMs))).toBe(true);
          eventsOf(read);
        },
      ),
    );
  });
});

describe('what a line tells', () => {
  it.each([
    [
      'Failed to distribute models/canonical_hex8_2p.pth to vast-3',
      { kind: 'failed', file: 'canonical_hex8_2p.pth', host: 'vast-3' },
    ],
    ['Failed to download a.pth to vast-3: curl: (28)', { kind: 'failed', file: 'a.pth', host: 'vast-3' }],
    ['rsync failed for a.pth: rsync error', { kind: 'failed', file: 'a.pth' }],
    ['vast-3: UNREACHABLE - Connection refused', { kind: 'failed', host: 'vast-3' }],
    ['MODEL_DISTRIBUTION_FAILED (retry 1/3): a.pth - boom - retrying in 30s', { kind: 'failed', file: 'a.pth' }],
    ['MODEL_DISTRIBUTION_FAILED (final, 3 retries): a.pth - boom', { kind: 'failed', file: 'a.pth' }],
    ['[S3Distribution] Failed to upload a.pth: denied', { kind: 'failed', file: 'a.pth' }],
    ['[ModelDistribution] Timed out waiting for a.pth after 300s and no local fallback found', { kind: 'failed' }],
    ['[DistributionVerification] Timeout: a.pth only on 3/9 nodes', { kind: 'failed', file: 'a.pth' }],
    ['Checksum mismatch on 100.64.0.7', { kind: 'mismatch', host: '100.64.0.7' }],
    ['Circuit breaker open for vast-3', { kind: 'breaker', host: 'vast-3' }],
    ['Circuit breaker open', { kind: 'breaker' }],
    ['Error in distribution daemon cycle: x', { kind: 'cycle_failed' }],
    ['Distribution failed with exception: x', { kind: 'cycle_failed' }],
    ['Cycle complete in 3s: 4 distributed, 1 skipped, 0 errors', { kind: 'worked' }],
    ['Distributing 3 models to 9 nodes', { kind: 'worked' }],
    [
      '[Distribution] Registered model a.pth at vast-1 in ClusterManifest',
      { kind: 'worked', host: 'vast-1', file: 'a.pth' },
    ],
  ])('%s', (message, event) => {
    expect(eventsOf([{ atMs: AT, level: 'info', message }])).toMatchObject([{ ...event, detail: message }]);
  });

  it('is nothing where it says nothing of distribution', () => {
    const lines = ['No target nodes for model distribution', 'to distribute is to share', 'Loaded 3 models'];
    expect(eventsOf(lines.map((message) => ({ atMs: AT, level: 'info' as const, message })))).toEqual([]);
  });
});
