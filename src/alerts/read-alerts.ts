import { z } from 'zod';
import { CAUSES_CHECK, PROGRESS_CHECK } from '../domain/daemon.ts';
import { digestOf } from '../domain/digest.ts';
import { masked } from '../domain/mask.ts';
import type { Model } from '../domain/model.ts';
import type { JobName, ModelName, NodeName } from '../domain/names.ts';

/** An alert as far as it could be understood: hints where to look, never an order. */
export type Alert = {
  /** Who says so: the name of its token, a follower, or its shape: `alertmanager`, `router`, `generic`. */
  readonly sender: string;
  readonly title: string;
  readonly models: readonly ModelName[];
  readonly nodes: readonly NodeName[];
  /** Equal for alerts of one cause: its kind, and the models named; without any, the nodes; without those, its words. */
  readonly fingerprint: string;
  /** Equal for the same alert sent again by a sender that got no answer. */
  readonly delivery: string;
  /** Its sender says that it is over. Only a clear look resolves, so this starts one. */
  readonly ended: boolean;
  /** False: nothing in it could be read; `raw` is what came. */
  readonly recognised: boolean;
  readonly raw?: string;
  /** True: it is about models, so a look that is clear says that nothing is wrong. */
  readonly judged: boolean;
  /** `retry`: the cluster tries again by itself. `watch`: a promotion, followed until every node has it or it is stuck. */
  readonly waits: 'group' | 'retry' | 'watch';
  /** Checks beside the usual ones: why it may be so, and of what waits for nodes to have a model, where its distribution stands. */
  readonly also?: readonly JobName[];
};

/** What the cluster says when too few nodes have a model to go on. */
const WAITS_FOR_NODES: ReadonlySet<string> = new Set(['MODEL_EVALUATION_BLOCKED', 'DISTRIBUTION_INCOMPLETE']);
const TITLE_MAX = 300;
const RAW_MAX = 1_500;
const UNRECOGNISED = 'unrecognised alert';
const STRINGS_MAX = 2_000;

const Loose = z.record(z.string(), z.unknown());

type Known = { readonly models: readonly Model[]; readonly nodes: readonly { readonly name: NodeName }[] };

/** Reads one object of a body. What cannot be placed is an unrecognised alert with its raw text: poorer, never lost. */
export function readAlerts(body: Readonly<Record<string, unknown>>, known: Known): Alert[] {
  const { alerts } = body;
  if (Array.isArray(alerts) && (body['version'] === '4' || body['groupKey'] !== undefined))
    return alerts.map((item: unknown) => {
      const alert = Loose.safeParse(item);
      if (!alert.success) return alertOf({ sender: 'alertmanager', content: { alert: item } }, known);
      const kind = textAt(alert.data['labels'], 'alertname');
      const title = titleOfPrometheus(alert.data);
      const ended = alert.data['status'] === 'resolved';
      return alertOf({ sender: 'alertmanager', content: alert.data, kind, title, ended }, known);
    });
  const payload = Loose.safeParse(body['payload']);
  const event = body['event_type'];
  if (typeof event === 'string' && payload.success) {
    const title = titleOfEvent(event, payload.data);
    return [alertOf({ sender: 'router', content: body, kind: firstText(event.toUpperCase()), title }, known)];
  }
  const title = firstText(body['title'], body['message'], event, body['text']);
  const message = firstText(body['message']);
  const words = title === undefined || message === undefined || message === title ? title : `${title}: ${message}`;
  return [alertOf({ sender: 'generic', content: body, kind: firstText(event, body['title']), title: words }, known)];
}

type Read = {
  readonly sender: Alert['sender'];
  readonly content: object;
  readonly kind?: string | undefined;
  readonly title?: string | undefined;
  readonly ended?: boolean;
};

function alertOf({ sender, content, kind, title, ended = false }: Read, known: Known): Alert {
  const words = wordsIn(content);
  const models = known.models
    .filter(({ name, canonical, alias }) => [name, canonical, alias].some((word) => words.has(word)))
    .map(({ name }) => name);
  const nodes = known.nodes.filter(({ name }) => words.has(name)).map(({ name }) => name);
  const recognised = title?.startsWith(UNRECOGNISED) === false;
  const raw = rawOf(content);
  const about =
    models.length > 0 ? { models } : nodes.length > 0 ? { nodes } : { words: wordsOnly(recognised ? title : raw) };
  const judged =
    recognised && (models.length > 0 || (sender === 'router' && /^(?:MODEL|DISTRIBUTION)_/.test(kind ?? '')));
  return {
    sender,
    title: masked(title ?? UNRECOGNISED).slice(0, TITLE_MAX),
    ...(recognised ? {} : { raw: masked(raw).slice(0, RAW_MAX) }),
    models,
    nodes,
    fingerprint: digestOf({ kind: kind ?? null, ...about }),
    delivery: digestOf({ content }),
    ended,
    recognised,
    judged,
    ...(judged ? { also: [CAUSES_CHECK, ...(WAITS_FOR_NODES.has(kind ?? '') ? [PROGRESS_CHECK] : [])] } : {}),
    waits: kind === 'MODEL_PROMOTED' ? 'watch' : /\bretry \d+ ?(?:\/|of) ?\d+/i.test(raw) ? 'retry' : 'group',
  };
}

/** What is left of a text when its numbers change from one alert to the next. */
function wordsOnly(text: string): string {
  return text.replace(/\d+/g, '#');
}

/** The text as it came, on one line. */
function rawOf(content: object): string {
  return JSON.stringify(content).slice(0, RAW_MAX);
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

function textAt(value: unknown, key: string): string | undefined {
  return firstText(Loose.safeParse(value).data?.[key]);
}

function titleOfPrometheus(alert: Readonly<Record<string, unknown>>): string {
  const labels = Loose.safeParse(alert['labels']).data ?? {};
  const annotations = Loose.safeParse(alert['annotations']).data ?? {};
  return firstText(annotations['summary'], annotations['description'], labels['alertname']) ?? UNRECOGNISED;
}

function titleOfEvent(event: string, payload: Readonly<Record<string, unknown>>): string {
  const name = firstText(event.toUpperCase()) ?? UNRECOGNISED;
  const detail = firstText(payload['reason'], payload['error'], payload['corruption_type']);
  return detail === undefined ? name : `${name}: ${detail}`;
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.map((value) => (typeof value === 'string' ? value.trim() : '')).find((text) => text !== '');
}
