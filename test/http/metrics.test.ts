import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics, type Reading } from '../../src/http/metrics.ts';

const docs = join(import.meta.dirname, '../../docs');
const textOf = (file: string): string => readFileSync(join(docs, file), 'utf8');

/** The names of metrics in an expression of PromQL; `up` is Prometheus' own. */
const namesIn = (expr: string): string[] => expr.match(/\b(?:medic|nodejs|process)_[a-z0-9_]+/g) ?? [];

/** Every `expr` in a document, and every query of a template. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    (key === 'expr' || key === 'query') && typeof item === 'string' ? [item] : expressionsIn(item),
  );
}

async function exported(): Promise<string[]> {
  const text = await createMetrics().text();
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
}

describe('what /metrics exports', () => {
  it.each([
    ['grafana-dashboard.json', () => JSON.parse(textOf('grafana-dashboard.json'))],
    ['alert-rules.yaml', () => parse(textOf('alert-rules.yaml'))],
  ])('is all that %s asks for', async (_, read) => {
    const expressions = expressionsIn(read());
    expect(expressions.length).toBeGreaterThan(8);
    const names = new Set(expressions.flatMap(namesIn));
    const known = await exported();
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has every metric of ours on the dashboard', async () => {
    const shown = new Set(expressionsIn(JSON.parse(textOf('grafana-dashboard.json'))).flatMap(namesIn));
    expect((await exported()).filter((name) => name.startsWith('medic_') && !shown.has(name))).toEqual([]);
  });

  it('says in every rule what to do', () => {
    const rules: { alert: string; annotations: Record<string, string> }[] = parse(textOf('alert-rules.yaml')).groups[0]
      .rules;
    expect(rules.filter(({ annotations }) => !annotations['summary'] || !annotations['what_to_do'])).toEqual([]);
  });

  it('counts what happened', async () => {
    const metrics = createMetrics();
    metrics.alerts('folded', 'eu');
    metrics.jobEnded('eu', 'check', 'failed');
    metrics.slackCalled('chat.postMessage', 'ratelimited');
    metrics.slackGap(1_500);
    metrics.sshConnected('eu', 'timeout');
    metrics.transferred('eu', 'rsync', 7);
    const text = await metrics.text();
    for (const line of [
      'medic_alerts_total{cluster="eu",outcome="folded"} 1',
      'medic_jobs_total{cluster="eu",queue="check",outcome="failed"} 1',
      'medic_slack_calls_total{method="chat.postMessage",result="ratelimited"} 1',
      'medic_slack_gap_seconds_total 1.5',
      'medic_ssh_connects_total{cluster="eu",result="timeout"} 1',
      'medic_transfer_bytes_total{cluster="eu",transport="rsync"} 7',
    ])
      expect(text).toContain(line);
  });

  it('reads gauges at each scrape, and leaves out what cannot be read instead of repeating it', async () => {
    const metrics = createMetrics();
    let reading: () => Promise<readonly Reading[]> = async () => [
      { name: 'medic_approvals_waiting', labels: { cluster: 'eu' }, value: 3 },
    ];
    metrics.read(() => reading());
    expect(await metrics.text()).toContain('medic_approvals_waiting{cluster="eu"} 3');
    reading = () => Promise.reject(new Error('Connection is closed.'));
    const text = await metrics.text();
    expect(text).not.toContain('medic_approvals_waiting{');
    expect(text).toContain('medic_readings_failed_total 1');
  });
});
