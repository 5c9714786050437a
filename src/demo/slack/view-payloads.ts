import { isObject, type JsonObject, objectOf, objectsOf, stringAt } from './json.ts';
import type { LocalSlackOptions } from './options.ts';
import type { View } from './view-stacks.ts';

/** What a person filled in, by block_id and action_id: text, an option's value, or several values. */
export type FormValues = { readonly [blockId: string]: { readonly [actionId: string]: string | readonly string[] } };

/** A modal as the Web API and the payloads have it; `values` is its state. */
export function viewOnWire(options: LocalSlackOptions, view: View, values: JsonObject): JsonObject {
  const { definition } = view;
  return {
    id: view.id,
    team_id: options.team.id,
    type: 'modal',
    private_metadata: '',
    callback_id: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    close: null,
    submit: null,
    ...definition,
    blocks: view.blocks,
    state: { values },
    hash: view.hash,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
    app_id: options.app.id,
    app_installed_team_id: options.team.id,
    bot_id: options.app.botId,
  };
}

/** The state of all inputs: what the person gave, else what the app set as the initial value. */
export function stateValues(blocks: readonly JsonObject[], given: FormValues): JsonObject {
  const state: JsonObject = {};
  for (const block of blocks) {
    const blockId = stringAt(block, 'block_id') ?? '';
    for (const element of statefulElements(block)) {
      const actionId = stringAt(element, 'action_id') ?? '';
      const values = objectOf(state[blockId]);
      state[blockId] = { ...values, [actionId]: elementState(element, given[blockId]?.[actionId]) };
    }
  }
  return state;
}

/** What the client itself complains about before it submits, by block_id. */
export function clientErrors(blocks: readonly JsonObject[], values: JsonObject): { [blockId: string]: string } {
  const errors: { [blockId: string]: string } = {};
  for (const block of blocks.filter((candidate) => candidate['type'] === 'input')) {
    const blockId = stringAt(block, 'block_id') ?? '';
    const element = objectOf(block['element']);
    const state = objectOf(objectOf(values[blockId])[stringAt(element, 'action_id') ?? '']);
    const text = stringAt(state, 'value') ?? '';
    const filled = text !== '' || isObject(state['selected_option']) || objectsOf(state['selected_options']).length > 0;
    if (!filled && block['optional'] !== true) errors[blockId] = 'Please complete this required field.';
    const min = Number(element['min_length'] ?? 0);
    const max = Number(element['max_length'] ?? 3000);
    if (text !== '' && text.length < min) errors[blockId] = `Please enter at least ${min} characters.`;
    if (text.length > max) errors[blockId] = `Please enter no more than ${max} characters.`;
  }
  return errors;
}

/** The option of an element with this value, looked for in its groups too. */
export function optionOf(element: JsonObject, value: string): JsonObject | undefined {
  const grouped = objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options']));
  return [...objectsOf(element['options']), ...grouped].find((option) => option['value'] === value);
}

/** The elements of a block that a person can press or fill in. */
export function elementsOf(block: JsonObject): readonly JsonObject[] {
  const single = [block['accessory'], block['element']].filter(isObject);
  const several = block['type'] === 'actions' ? objectsOf(block['elements']) : [];
  return [...single, ...several].filter((element) => element['type'] !== 'image');
}

/** What an element holds, in the shape of Slack's state.values. */
export function elementState(element: JsonObject, given: string | readonly string[] | undefined): JsonObject {
  const type = stringAt(element, 'type') ?? '';
  if (type === 'plain_text_input') {
    const text = typeof given === 'string' ? given : (stringAt(element, 'initial_value') ?? '');
    return { type, value: text === '' ? null : text };
  }
  if (type === 'checkboxes') {
    const picked = given === undefined ? objectsOf(element['initial_options']) : picksOf(element, [given].flat());
    return { type, selected_options: picked };
  }
  const initial = isObject(element['initial_option']) ? element['initial_option'] : null;
  const picked = typeof given === 'string' ? (optionOf(element, given) ?? null) : initial;
  return { type, selected_option: picked };
}

function statefulElements(block: JsonObject): readonly JsonObject[] {
  const stateful = ['plain_text_input', 'static_select', 'checkboxes', 'radio_buttons'];
  return elementsOf(block).filter((element) => stateful.includes(stringAt(element, 'type') ?? ''));
}

function picksOf(element: JsonObject, values: readonly string[]): readonly JsonObject[] {
  return objectsOf(element['options']).filter((option) => values.includes(String(option['value'])));
}
