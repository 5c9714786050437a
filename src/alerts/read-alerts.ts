import { z } from 'zod';
import { digestOf } from '../domain/digest.ts';
import type { Model } from '../domain/model.ts';
import type { ModelName, NodeName } from '../domain/names.ts';

/** An alert as far as it could be understood: hints where to look, never an order. */
export type Alert = {
  /** Who says so: `alertmanager`, `router` or `generic`. */
  readonly sender: 'alertmanager' | 'router' | 'generic';
  readonly title: string;
  readonly models: readonly ModelName[];
  readonly nodes: readonly NodeName[];
  /** Equal for repetitions of the same alert: times and ids of deliveries are left out. */
  readonly fingerprint: string;
};

const TITLE_MAX = 300;
const STRINGS_MAX = 2_000;

const Loose = z.record(z.string(), z.unknown());
const Alertmanager = z.looseObject({ version: z.literal('4'), alerts: z.array(Loose) });

/** Reads one object of a body. Resolved alerts give nothing: only a clear check resolves. A poor alert is poorer, never lost. */
export function readAlerts(
  body: Readonly<Record<string, unknown>>,
  known: { readonly models: readonly Model[]; readonly nodes: readonly { readonly name: NodeName }[] },
): Alert[] {
  const webhook = Alertmanager.safeParse(body);
  if (webhook.success) {
    return webhook.data.alerts
      .filter((alert) => alert['status'] !== 'resolved')
      .map((alert) => alertOf('alertmanager', alert, titleOfPrometheus(alert), known));
  }
  const payload = Loose.safeParse(body['payload']);
  if (typeof body['event_type'] === 'string' && payload.success) {
    return [
      alertOf(
        'router',
        { event: body['event_type'], payload: payload.data },
        titleOfEvent(body['event_type'], payload.data),
        known,
      ),
    ];
  }
  const title = firstText(body['title'], body['message'], body['event_type'], body['text']) ?? 'unrecognised alert';
  const message = firstText(body['message']);
  return [alertOf('generic', body, message === undefined || message === title ? title : `${title}: ${message}`, known)];
}

const VOLATILE = new Set([
  'timestamp',
  'event_id',
  'startsAt',
  'endsAt',
  'generatorURL',
  'fingerprint',
  'retry_count',
  'time',
  'id',
]);

function alertOf(
  sender: Alert['sender'],
  content: object,
  title: string,
  known: Parameters<typeof readAlerts>[1],
): Alert {
  const words = wordsIn(content);
  const models = known.models
    .filter(({ name, canonical, alias }) => [name, canonical, alias].some((word) => words.has(word)))
    .map(({ name }) => name);
  const nodes = known.nodes.filter(({ name }) => words.has(name)).map(({ name }) => name);
  return {
    sender,
    title: title.slice(0, TITLE_MAX),
    models,
    nodes,
    fingerprint: digestOf({ sender, content: withoutVolatile(content) }),
  };
}

/** The words of all strings inside, cut as names are cut; paths count by their last part. */
function wordsIn(content: object): Set<string> {
  const words = new Set<string>();
  const waiting: unknown[] = [content];
  for (let seen = 0; waiting.length > 0 && seen < STRINGS_MAX; seen += 1) {
    const item = waiting.pop();
    if (typeof item === 'string')
      for (const word of item.split(/[^A-Za-z0-9._-]+/)) words.add(word.replace(/[.:]+$/, ''));
    else if (typeof item === 'object' && item !== null) waiting.push(...Object.values(item), ...Object.keys(item));
  }
  return words;
}

function withoutVolatile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.has(key))
      .map(([key, item]) => [key, withoutVolatile(item)]),
  );
}

function titleOfPrometheus(alert: Readonly<Record<string, unknown>>): string {
  const labels = Loose.safeParse(alert['labels']).data ?? {};
  const annotations = Loose.safeParse(alert['annotations']).data ?? {};
  return firstText(annotations['summary'], annotations['description'], labels['alertname']) ?? 'unrecognised alert';
}

function titleOfEvent(event: string, payload: Readonly<Record<string, unknown>>): string {
  const name = firstText(event.toUpperCase()) ?? 'unrecognised alert';
  const detail = firstText(payload['reason'], payload['error'], payload['corruption_type']);
  return detail === undefined ? name : `${name}: ${detail}`;
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.map((value) => (typeof value === 'string' ? value.trim() : '')).find((text) => text !== '');
}
