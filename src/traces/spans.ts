import {
  type Context,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { SpanFacts, Spans } from '../contract/spans.ts';
import type { IncidentId } from '../domain/names.ts';

const ABOUT = createContextKey('medic: what everything below is about');
const TURN = createContextKey('medic: the turn that this is a part of');
/** Incidents whose last wish is remembered. */
const KEPT_MAX = 500;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

type Turn = { told: boolean };
type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Spans over the registered context manager; `tracer` makes them. */
export function createSpans(tracer: Tracer): Spans {
  const kept = new Map<IncidentId, SpanContext>();
  return {
    async within({ name, kind, facts = {}, outcome, after }, work) {
      const parent = after === undefined ? context.active() : ROOT_CONTEXT;
      const asked = after === undefined ? undefined : kept.get(after);
      const span = tracer.startSpan(
        name,
        {
          kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
          attributes: known(facts),
          links: asked === undefined ? [] : [{ context: asked }],
        },
        parent,
      );
      try {
        const result = await context.with(trace.setSpan(parent, span), work);
        say(span, outcome?.(result) ?? {});
        return result;
      } catch (error) {
        failed(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    async turn({ name, facts = {} }, work) {
      const span = tracer.startSpan(name, { attributes: known(facts) }, ROOT_CONTEXT);
      const turn: Turn = { told: false };
      try {
        return await context.with(trace.setSpan(ROOT_CONTEXT, span).setValue(TURN, turn), work);
      } catch (error) {
        failed(span, error);
        throw error;
      } finally {
        // What never ends is never sent.
        if (turn.told) span.end();
      }
    },
    about(facts, work) {
      const active = context.active();
      trace.getSpan(active)?.setAttributes(known(facts));
      return context.with(active.setValue(ABOUT, { ...aboutIn(active), ...known(facts) }), work);
    },
    note(facts) {
      const span = trace.getActiveSpan();
      if (span !== undefined) say(span, facts);
    },
    keep(incident) {
      const asking = trace.getActiveSpan()?.spanContext();
      if (asking === undefined) return;
      kept.delete(incident);
      kept.set(incident, asking);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT_MAX) break;
        kept.delete(oldest);
      }
    },
    ids() {
      // Connections and timers outlive the span in which they were opened; a line of theirs is no part of it.
      const span = trace.getActiveSpan();
      return span?.isRecording() === true ? { trace_id: span.spanContext().traceId } : {};
    },
  };
}

/** What a span that begins below `parent` is to be told of itself; its turn is to be told too. */
export function factsFrom(parent: Context): Attributes {
  // Only `turn` sets it.
  const turn = parent.getValue(TURN) as Turn | undefined;
  if (turn !== undefined) turn.told = true;
  return aboutIn(parent);
}

function aboutIn(parent: Context): Attributes {
  // Only `about` sets it.
  return (parent.getValue(ABOUT) as Attributes | undefined) ?? {};
}

function say(span: Span, facts: SpanFacts): void {
  span.setAttributes(known(facts));
  if (facts['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Its message goes out masked, like everything; its stack stays here. */
function failed(span: Span, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const { code } = error as { readonly code?: unknown };
  const type = typeof code === 'string' ? code : name;
  span.addEvent('exception', { 'exception.type': type, 'exception.message': message });
  say(span, { 'error.type': type });
}

function known(facts: SpanFacts): Attributes {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
