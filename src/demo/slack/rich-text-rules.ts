import { type Check, checkKnownKeys, checkList, checkString } from './block-checks.ts';
import { isObject, type JsonObject } from './json.ts';

const containers: Record<string, readonly string[]> = {
  rich_text_section: [],
  rich_text_list: ['style', 'indent', 'offset', 'border'],
  rich_text_preformatted: ['border', 'language'],
  rich_text_quote: ['border'],
};
const inlineRequired: Record<string, string | undefined> = {
  text: 'text',
  link: 'url',
  emoji: 'name',
  user: 'user_id',
  channel: 'channel_id',
  usergroup: 'usergroup_id',
  broadcast: 'range',
  date: 'timestamp',
  color: 'value',
};

/** A rich_text block or cell: its containers, their lists and their inline elements. */
export function checkRichText(check: Check, block: JsonObject): void {
  const elements = checkList(check, block, 'elements', { max: 1000 }) ?? [];
  for (const [index, element] of elements.entries()) checkContainer(check.at('elements').at(index), element);
}

function checkContainer(check: Check, value: unknown): void {
  if (!isObject(value)) return check.fail('must be an object');
  const type = String(value['type']);
  const extra = containers[type];
  if (extra === undefined) return check.at('type').fail(`unsupported type: ${type}`);
  checkKnownKeys(check, value, ['type', 'elements', ...extra]);
  const elements = checkList(check, value, 'elements', { max: 1000, min: 0 }) ?? [];
  if (type === 'rich_text_list' && value['style'] !== 'bullet' && value['style'] !== 'ordered') {
    check.at('style').fail('must be one of the allowed values: bullet, ordered');
  }
  for (const [index, element] of elements.entries()) {
    const here = check.at('elements').at(index);
    if (type === 'rich_text_list') checkContainer(here, element);
    else checkInline(here, element);
  }
}

function checkInline(check: Check, value: unknown): void {
  if (!isObject(value)) return check.fail('must be an object');
  const type = String(value['type']);
  const required = inlineRequired[type];
  if (required === undefined) return check.at('type').fail(`unsupported type: ${type}`);
  if (value[required] === undefined) return check.fail(`missing required field: ${required}`);
  if (type === 'text') checkString(check, value, 'text', { max: 12_000, min: 1 });
}
