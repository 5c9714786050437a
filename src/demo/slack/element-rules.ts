import { type Check, checkKnownKeys, checkList, checkString, checkText } from './block-checks.ts';
import { isObject, type JsonObject } from './json.ts';

/** Where an element stands decides which ones Slack accepts. */
export type Place = 'accessory' | 'actions' | 'input';

const accepted: Record<Place, readonly string[]> = {
  accessory: ['button', 'static_select', 'overflow', 'checkboxes', 'radio_buttons', 'image'],
  actions: ['button', 'static_select', 'overflow', 'checkboxes', 'radio_buttons'],
  input: ['plain_text_input', 'static_select', 'checkboxes', 'radio_buttons'],
};

const knownKeys: Record<string, readonly string[]> = {
  button: ['type', 'text', 'action_id', 'url', 'value', 'style', 'confirm', 'accessibility_label'],
  static_select: [
    'type',
    'action_id',
    'placeholder',
    'options',
    'option_groups',
    'initial_option',
    'confirm',
    'focus_on_load',
  ],
  overflow: ['type', 'action_id', 'options', 'confirm'],
  checkboxes: ['type', 'action_id', 'options', 'initial_options', 'confirm', 'focus_on_load'],
  radio_buttons: ['type', 'action_id', 'options', 'initial_option', 'confirm', 'focus_on_load'],
  image: ['type', 'image_url', 'slack_file', 'alt_text'],
  plain_text_input: [
    'type',
    'action_id',
    'placeholder',
    'initial_value',
    'multiline',
    'min_length',
    'max_length',
    'dispatch_action_config',
    'focus_on_load',
  ],
};

/** Checks one element at its place by Slack's published limits. */
export function checkElement(check: Check, value: unknown, place: Place): void {
  if (!isObject(value)) return check.fail('must be an object');
  const type = String(value['type']);
  if (!accepted[place].includes(type)) return check.at('type').fail(`unsupported type: ${type}`);
  checkKnownKeys(check, value, knownKeys[type] ?? []);
  checkString(check, value, 'action_id', { max: 255, min: 1 });
  if (value['confirm'] !== undefined) checkConfirm(check.at('confirm'), value['confirm']);
  if (type === 'button') return checkButton(check, value);
  if (type === 'static_select') return checkSelect(check, value);
  if (type === 'image') return checkImage(check, value);
  if (type === 'plain_text_input') return checkTextInput(check, value);
  checkOptions(check, value, 'options', { max: type === 'overflow' ? 5 : 10, plain: type === 'overflow' });
}

/** An image as a block or an element: alternative text, and a URL or a file. */
export function checkImage(check: Check, value: JsonObject): void {
  checkString(check, value, 'alt_text', { max: 2000, required: true });
  if (value['image_url'] === undefined && value['slack_file'] === undefined) {
    return check.fail('must define either `image_url` or `slack_file`');
  }
  checkString(check, value, 'image_url', { max: 3000, min: 1 });
  if (typeof value['image_url'] === 'string' && !/^https?:\/\//.test(value['image_url'])) {
    check.at('image_url').fail('invalid_url');
  }
}

function checkButton(check: Check, value: JsonObject): void {
  checkText(check, value, 'text', { max: 75, plain: true, required: true });
  checkString(check, value, 'value', { max: 2000 });
  checkString(check, value, 'url', { max: 3000 });
  checkString(check, value, 'accessibility_label', { max: 75 });
  const style = value['style'];
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    check.at('style').fail('must be one of the allowed values: primary, danger');
  }
}

function checkSelect(check: Check, value: JsonObject): void {
  checkText(check, value, 'placeholder', { max: 150, plain: true });
  const groups = value['option_groups'];
  if (groups === undefined) return checkOptions(check, value, 'options', { max: 100, plain: true });
  if (value['options'] !== undefined) check.fail('must define only one of `options` and `option_groups`');
  const list = checkList(check, value, 'option_groups', { max: 100 }) ?? [];
  for (const [index, group] of list.entries()) {
    const here = check.at('option_groups').at(index);
    if (!isObject(group)) {
      here.fail('must be an object');
      continue;
    }
    checkText(here, group, 'label', { max: 75, plain: true, required: true });
    checkOptions(here, group, 'options', { max: 100, plain: true });
  }
}

function checkTextInput(check: Check, value: JsonObject): void {
  checkText(check, value, 'placeholder', { max: 150, plain: true });
  checkString(check, value, 'initial_value', { max: 3000 });
  for (const key of ['min_length', 'max_length']) {
    const length = value[key];
    if (length === undefined) continue;
    if (typeof length !== 'number' || length < 0 || length > 3000) check.at(key).fail('must be between 0 and 3000');
  }
}

function checkOptions(
  check: Check,
  parent: JsonObject,
  key: string,
  rule: { readonly max: number; readonly plain: boolean },
): void {
  const options = checkList(check, parent, key, { max: rule.max }) ?? [];
  for (const [index, option] of options.entries()) {
    const here = check.at(key).at(index);
    if (!isObject(option)) {
      here.fail('must be an object');
      continue;
    }
    checkText(here, option, 'text', { max: 75, plain: rule.plain, required: true });
    checkText(here, option, 'description', { max: 75 });
    checkString(here, option, 'value', { max: 150, required: true });
    checkString(here, option, 'url', { max: 3000 });
    checkKnownKeys(here, option, ['text', 'value', 'description', 'url']);
  }
}

function checkConfirm(check: Check, value: unknown): void {
  if (!isObject(value)) return check.fail('must be an object');
  checkKnownKeys(check, value, ['title', 'text', 'confirm', 'deny', 'style']);
  checkText(check, value, 'title', { max: 100, plain: true, required: true });
  checkText(check, value, 'text', { max: 300, required: true });
  checkText(check, value, 'confirm', { max: 30, plain: true, required: true });
  checkText(check, value, 'deny', { max: 30, plain: true, required: true });
}
