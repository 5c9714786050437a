import type { IncidentId } from '../domain/names.ts';

/** What is said of a span: OpenTelemetry's names where there are any, `medic.*` elsewhere. Never arguments, addresses, paths or output. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** A part of the work that takes time. */
export type SpanWish<T> = {
  /** One of few, as `script survey`: what differs from case to case belongs into the facts. */
  readonly name: string;
  /** `server`: somebody outside asked for it. `client`: it waits for somebody else's answer. */
  readonly kind?: 'server' | 'client';
  readonly facts?: SpanFacts;
  /** What is known at the end; with `error.type` it counts as failed. */
  readonly outcome?: (result: T) => SpanFacts;
  /** It tells what came of this incident's work: no part of that, but linked to what was last kept of it. */
  readonly after?: IncidentId;
};

/** Tells which part of the work takes how long, across processes. What it costs is bounded, and it never fails what it tells of. */
export type Spans = {
  /** Runs a part of the work under a span of its own, below the one that is active. */
  within<T>(wish: SpanWish<T>, work: () => Promise<T>): Promise<T>;
  /** One turn of something done again and again: told only where something below it was. */
  turn<T>(wish: Pick<SpanWish<T>, 'name' | 'facts'>, work: () => Promise<T>): Promise<T>;
  /** Says this of the active span and of everything that begins below it in `work`. */
  about<T>(facts: SpanFacts, work: () => Promise<T>): Promise<T>;
  /** Says this of the active span; with `error.type` it counts as failed. */
  note(facts: SpanFacts): void;
  /** Remembers the active span as the one that asked for work for this incident. */
  keep(incident: IncidentId): void;
  /** What a log line has of the active span; empty where none is. */
  ids(): { readonly trace_id?: string };
};

/** Nothing is told, and nothing is loaded for it. */
export const noSpans: Spans = {
  within: (_, work) => work(),
  turn: (_, work) => work(),
  about: (_, work) => work(),
  note: () => undefined,
  keep: () => undefined,
  ids: () => ({}),
};
