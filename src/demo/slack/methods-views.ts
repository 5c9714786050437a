import { type ApiAnswer, type ApiCall, type ApiMethod, accept, notJson, refuse } from './api-call.ts';
import { type JsonObject, objectOf } from './json.ts';
import type { SlackState } from './slack-state.ts';
import { viewOnWire } from './view-payloads.ts';
import { homeFaults, viewFaults } from './view-rules.ts';
import type { View } from './view-stacks.ts';

/** views.*: modals, opened with a trigger and changed afterwards by id, and the Home tab of each person. */
export const viewMethods: { readonly [method: string]: ApiMethod } = {
  'views.open': (call) =>
    withTrigger(call, (definition, userId) => {
      call.state.views.clear(userId);
      return call.state.views.open(userId, definition);
    }),
  'views.push': (call) => withTrigger(call, (definition, userId) => call.state.views.push(userId, definition)),
  'views.publish': (call) => {
    const { args, state } = call;
    const definition = readView(call, homeFaults);
    if ('ok' in definition) return definition;
    const userId = args.text('user_id') ?? '';
    if (!state.options.people.some(({ id }) => id === userId)) return refuse('user_not_found');
    return shown(state, state.views.publish(userId, definition.value));
  },
  'views.update': (call) => {
    const { args, state } = call;
    const definition = readView(call);
    if ('ok' in definition) return definition;
    const id = args.text('view_id');
    const external = args.text('external_id');
    const view = id === undefined ? state.views.byExternalId(external ?? '') : state.views.byId(id);
    if (view === undefined) return refuse('not_found');
    if (args.has('hash') && args.text('hash') !== view.hash) return refuse('hash_conflict');
    return shown(state, state.views.update(view, definition.value));
  },
};

function withTrigger(call: ApiCall, show: (definition: JsonObject, userId: string) => View | undefined): ApiAnswer {
  const { args, state } = call;
  const definition = readView(call);
  if ('ok' in definition) return definition;
  // The trigger is looked at last: a view that is refused does not use it up.
  const triggerId = args.text('trigger_id');
  if (triggerId === undefined) return refuse('invalid_arguments', ['[ERROR] missing required field: trigger_id']);
  const trigger = state.tickets.useTrigger(triggerId);
  if ('error' in trigger) return refuse(trigger.error);
  const view = show(definition.value, trigger.userId);
  return view === undefined ? refuse('push_limit_reached') : shown(state, view);
}

function readView(
  { args }: ApiCall,
  faultsOf = viewFaults,
): { readonly value: JsonObject } | ReturnType<typeof refuse> {
  const value = args.json('view');
  if (value === undefined || value === notJson) {
    return refuse('invalid_arguments', ['[ERROR] missing required field: view']);
  }
  const faults = faultsOf(value);
  if (faults.length === 0) return { value: objectOf(value) };
  return refuse(
    'invalid_arguments',
    faults.map((fault) => `[ERROR] ${fault.message} [json-pointer:${fault.pointer}]`),
  );
}

function shown(state: SlackState, view: View): ApiAnswer {
  state.workspace.emit({ kind: 'view', userId: view.userId });
  return accept({ view: viewOnWire(state.options, view, {}) });
}
