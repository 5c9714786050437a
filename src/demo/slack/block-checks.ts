import { isObject, type JsonObject } from './json.ts';

/** What is wrong at one place, in Slack's words, with the JSON pointer of the place. */
export type BlockFault = { readonly message: string; readonly pointer: string };

/** Collects faults below one pointer. */
export type Check = {
  readonly pointer: string;
  at(step: string | number): Check;
  fail(message: string): void;
};

/** A check that writes what it finds into `faults`. */
export function createCheck(faults: BlockFault[], pointer: string): Check {
  return {
    pointer,
    at: (step) => createCheck(faults, `${pointer}/${step}`),
    fail: (message) => void faults.push({ message, pointer }),
  };
}

/** The array under `key` with its size checked; undefined when it is missing or no array. */
export function checkList(
  check: Check,
  parent: JsonObject,
  key: string,
  size: { readonly min?: number; readonly max: number },
): readonly unknown[] | undefined {
  const value = parent[key];
  if (value === undefined) {
    check.fail(`missing required field: ${key}`);
    return undefined;
  }
  const here = check.at(key);
  if (!Array.isArray(value)) {
    here.fail('must be an array');
    return undefined;
  }
  if (value.length > size.max) here.fail(`no more than ${size.max} items allowed`);
  if (value.length < (size.min ?? 1)) here.fail(`must have at least ${size.min ?? 1} items`);
  return value;
}

/** A string under `key` of at most `max` characters; says nothing when it is absent and not required. */
export function checkString(
  check: Check,
  parent: JsonObject,
  key: string,
  rule: { readonly max: number; readonly required?: boolean; readonly min?: number },
): void {
  const value = parent[key];
  if (value === undefined) {
    if (rule.required) check.fail(`missing required field: ${key}`);
    return;
  }
  const here = check.at(key);
  if (typeof value !== 'string') return here.fail('must be a string');
  if (value.length > rule.max) here.fail(`must be less than ${rule.max + 1} characters`);
  if (value.length < (rule.min ?? 0)) here.fail(`must be more than ${(rule.min ?? 0) - 1} characters`);
}

/** A text object under `key`; `plain` accepts plain_text only. */
export function checkText(
  check: Check,
  parent: JsonObject,
  key: string,
  rule: { readonly max: number; readonly plain?: boolean; readonly required?: boolean },
): void {
  const value = parent[key];
  if (value === undefined) {
    if (rule.required) check.fail(`missing required field: ${key}`);
    return;
  }
  checkTextObject(check.at(key), value, rule);
}

/** One text object: its type, its length, and no keys that Slack does not know. */
export function checkTextObject(
  here: Check,
  value: unknown,
  rule: { readonly max: number; readonly plain?: boolean },
): void {
  if (!isObject(value)) return here.fail('must be an object');
  const type = value['type'];
  if (type !== 'plain_text' && (rule.plain || type !== 'mrkdwn')) {
    here.at('type').fail(`unsupported type: ${String(type)}`);
  }
  checkString(here, value, 'text', { max: rule.max, min: 1, required: true });
  const known = type === 'mrkdwn' ? ['type', 'text', 'verbatim'] : ['type', 'text', 'emoji'];
  checkKnownKeys(here, value, known);
}

/** Keys that Slack does not know are refused, as Slack does. */
export function checkKnownKeys(here: Check, value: JsonObject, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) here.fail(`invalid additional property: ${key}`);
  }
}
