import { type BlockFault, checkKnownKeys, checkString, checkText, createCheck } from './block-checks.ts';
import { blockFaults } from './block-rules.ts';
import { isObject, objectsOf } from './json.ts';

const knownKeys = [
  'type',
  'title',
  'submit',
  'close',
  'blocks',
  'private_metadata',
  'callback_id',
  'clear_on_close',
  'notify_on_close',
  'external_id',
  'submit_disabled',
];

const homeKeys = ['type', 'blocks', 'private_metadata', 'callback_id', 'external_id'];

/** Judges a Home tab as Slack does; an empty answer means that Slack would show it. */
export function homeFaults(value: unknown): BlockFault[] {
  const faults: BlockFault[] = [];
  const check = createCheck(faults, '/view');
  if (!isObject(value)) {
    check.fail('must be an object');
    return faults;
  }
  if (value['type'] !== 'home') check.at('type').fail(`unsupported type: ${String(value['type'])}`);
  checkKnownKeys(check, value, homeKeys);
  checkString(check, value, 'private_metadata', { max: 3000 });
  checkString(check, value, 'callback_id', { max: 255 });
  checkString(check, value, 'external_id', { max: 255 });
  if (value['blocks'] === undefined) check.fail('missing required field: blocks');
  else faults.push(...blockFaults(value['blocks'], 'home', '/view/blocks'));
  return faults;
}

/** Judges a modal as Slack does; an empty answer means that Slack would open it. */
export function viewFaults(value: unknown): BlockFault[] {
  const faults: BlockFault[] = [];
  const check = createCheck(faults, '/view');
  if (!isObject(value)) {
    check.fail('must be an object');
    return faults;
  }
  if (value['type'] !== 'modal') check.at('type').fail(`unsupported type: ${String(value['type'])}`);
  checkKnownKeys(check, value, knownKeys);
  checkText(check, value, 'title', { max: 24, plain: true, required: true });
  checkText(check, value, 'submit', { max: 24, plain: true });
  checkText(check, value, 'close', { max: 24, plain: true });
  checkString(check, value, 'private_metadata', { max: 3000 });
  checkString(check, value, 'callback_id', { max: 255 });
  checkString(check, value, 'external_id', { max: 255 });
  if (value['blocks'] === undefined) check.fail('missing required field: blocks');
  else faults.push(...blockFaults(value['blocks'], 'modal', '/view/blocks'));
  const hasInput = objectsOf(value['blocks']).some((block) => block['type'] === 'input');
  if (hasInput && value['submit'] === undefined) {
    check.fail('`submit` is required when an `input` block is within the `blocks` array');
  }
  return faults;
}
