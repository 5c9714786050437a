import type { Delivery } from './delivery.ts';
import { isObject, type JsonObject, objectOf } from './json.ts';
import type { Outcome, Target } from './outcome.ts';
import { type Actor, actionOf, eventPayload, interactionFields } from './payloads.ts';
import type { SlackState } from './slack-state.ts';
import { clientErrors, elementsOf, type FormValues, stateValues, viewOnWire } from './view-payloads.ts';
import { viewFaults } from './view-rules.ts';
import type { View } from './view-stacks.ts';

/** How a submission ended; `errors` are told beside the inputs, by block_id. */
export type SubmitOutcome = Outcome & { readonly errors?: View['errors'] };

/** What a person can do with modals. */
export type PersonViews = {
  /** The person's open modals, the visible one last. */
  openViews(): readonly View[];
  /** Presses Submit with these values; what is not given keeps its initial value. */
  submitView(viewId: string, values?: FormValues): Promise<SubmitOutcome>;
  /** Closes a modal and everything above it. */
  closeView(viewId: string): Promise<Outcome>;
  /** Opens the Home tab of the app, which is told so; what it shows comes afterwards. */
  openHome(): void;
  /** What the app shows in the Home tab; undefined: nothing yet. */
  home(): View | undefined;
  /** Presses a button inside a modal. */
  clickInView(viewId: string, target: Target, values?: FormValues): Promise<Outcome>;
};

/** The modal doors of one person. */
export function createPersonViews(state: SlackState, delivery: Delivery, actor: Actor): PersonViews {
  const { views, workspace, options } = state;
  const changed = () => workspace.emit({ kind: 'view', userId: actor.userId });
  const own = (viewId: string): View | undefined => views.of(actor.userId).find((view) => view.id === viewId);

  function payloadOf(type: string, view: View, values: JsonObject): JsonObject {
    return {
      ...interactionFields(state, actor, type),
      trigger_id: state.tickets.trigger(actor.userId, view.id),
      view: viewOnWire(options, view, values),
    };
  }

  async function submitView(viewId: string, given: FormValues = {}): Promise<SubmitOutcome> {
    const view = own(viewId);
    if (view === undefined) return { ok: false, error: 'view_not_found' };
    const values = stateValues(view.blocks, given);
    const missing = clientErrors(view.blocks, values);
    if (Object.keys(missing).length > 0) return complain(view, missing);
    const acked = await delivery.send('interactive', {
      ...payloadOf('view_submission', view, values),
      response_urls: [],
    });
    if (acked.outcome !== 'acked') return { ok: false, error: acked.outcome };
    return obey(view, acked.body);
  }

  function complain(view: View, errors: View['errors']): SubmitOutcome {
    views.setErrors(view, errors);
    changed();
    return { ok: false, error: 'errors', errors };
  }

  function obey(view: View, body: JsonObject): SubmitOutcome {
    const action = body['response_action'];
    if (action === 'errors') {
      const errors = Object.entries(objectOf(body['errors'])).map(([block, text]) => [block, String(text)] as const);
      const unknown = errors.find(([block]) => !view.blocks.some((candidate) => candidate['block_id'] === block));
      if (unknown !== undefined || errors.length === 0) return invalidAck(`errors for ${unknown?.[0] ?? 'nothing'}`);
      return complain(view, Object.fromEntries(errors));
    }
    if (action === 'update' || action === 'push') {
      const faults = viewFaults(body['view']);
      if (faults.length > 0) return invalidAck(faults.map((f) => `${f.message} ${f.pointer}`).join('; '));
      const definition = objectOf(body['view']);
      if (action === 'update') views.update(view, definition);
      else if (views.push(actor.userId, definition) === undefined) return invalidAck('push_limit_reached');
    } else if (action === 'clear') views.clear(actor.userId);
    else if (action === undefined) views.remove(view);
    else return invalidAck(`response_action ${JSON.stringify(action)}`);
    changed();
    return { ok: true };
  }

  function invalidAck(detail: string): SubmitOutcome {
    state.violate({ kind: 'refused_response', method: 'view_submission', error: 'invalid_ack', detail });
    return { ok: false, error: 'invalid_ack' };
  }

  return {
    openViews: () => views.of(actor.userId),
    submitView,
    async closeView(viewId) {
      const view = own(viewId);
      if (view === undefined) return { ok: false, error: 'view_not_found' };
      const stack = views.of(actor.userId);
      for (const above of stack.slice(stack.indexOf(view))) views.remove(above);
      changed();
      if (view.definition['notify_on_close'] !== true) return { ok: true };
      const acked = await delivery.send('interactive', {
        ...payloadOf('view_closed', view, stateValues(view.blocks, {})),
        is_cleared: false,
      });
      return acked.outcome === 'acked' ? { ok: true } : { ok: false, error: acked.outcome };
    },
    openHome() {
      const channel = workspace.directWith(actor.userId).id;
      const event = { type: 'app_home_opened', user: actor.userId, channel, tab: 'home', event_ts: workspace.nextTs() };
      delivery.event(eventPayload(state, event));
    },
    home: () => views.home(actor.userId),
    async clickInView(viewId, target, given = {}) {
      const view = own(viewId);
      const block = view?.blocks.find((candidate) => hasElement(candidate, target));
      const element = block && elementsOf(block).find((candidate) => candidate['action_id'] === target.action_id);
      if (view === undefined || block === undefined || !isObject(element)) return { ok: false, error: 'view_changed' };
      const value = given[String(block['block_id'])]?.[target.action_id] ?? '';
      const acked = await delivery.send('interactive', {
        ...payloadOf('block_actions', view, stateValues(view.blocks, given)),
        container: { type: 'view', view_id: view.id },
        actions: [actionOf(state, { block, element, value })],
      });
      return acked.outcome === 'acked' ? { ok: true } : { ok: false, error: acked.outcome };
    },
  };
}

function hasElement(block: JsonObject, target: Target): boolean {
  if (target.block_id !== undefined && block['block_id'] !== target.block_id) return false;
  return elementsOf(block).some((element) => element['action_id'] === target.action_id);
}
