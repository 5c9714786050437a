import {
  type BlockFault,
  type Check,
  checkKnownKeys,
  checkList,
  checkString,
  checkText,
  checkTextObject,
  createCheck,
} from './block-checks.ts';
import { checkElement, checkImage } from './element-rules.ts';
import { isObject, type JsonObject, listOf } from './json.ts';
import { checkRichText } from './rich-text-rules.ts';

/** A message, a modal or a Home tab: they differ in how many blocks and which. */
export type Surface = 'message' | 'modal' | 'home';

const knownKeys: Record<string, readonly string[]> = {
  header: ['text', 'level'],
  section: ['text', 'fields', 'accessory', 'expand'],
  context: ['elements'],
  actions: ['elements'],
  divider: [],
  rich_text: ['elements'],
  image: ['image_url', 'slack_file', 'alt_text', 'title'],
  input: ['label', 'element', 'dispatch_action', 'hint', 'optional'],
  markdown: ['text'],
  table: ['rows', 'column_settings'],
};
const onlyInMessages = ['markdown', 'table'];
const markdownTotalMax = 12_000;

/** Judges a list of blocks as Slack does; an empty answer means that Slack would take it. */
export function blockFaults(value: unknown, surface: Surface, pointer = '/blocks'): BlockFault[] {
  const faults: BlockFault[] = [];
  const check = createCheck(faults, pointer);
  if (!Array.isArray(value)) {
    check.fail('must be an array');
    return faults;
  }
  const max = surface === 'message' ? 50 : 100;
  if (value.length > max) check.fail(`no more than ${max} items allowed`);
  const blockIds = new Set<string>();
  for (const [index, block] of value.entries()) checkBlock(check.at(index), block, surface, blockIds);
  checkMarkdownTotal(check, value);
  if (value.filter((block) => isObject(block) && block['type'] === 'table').length > 1) {
    check.fail('only one table block is allowed in a message');
  }
  return faults;
}

/** The characters a person reads in these blocks: what Slack's hidden sum limit counts. */
export function blockCharacters(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + blockCharacters(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce((sum, [key, item]) => {
    if (key === 'text' && typeof item === 'string') return sum + item.length;
    return sum + blockCharacters(item);
  }, 0);
}

function checkBlock(check: Check, block: unknown, surface: Surface, blockIds: Set<string>): void {
  if (!isObject(block)) return check.fail('must be an object');
  const type = String(block['type']);
  const known = knownKeys[type];
  if (known === undefined || (surface !== 'message' && onlyInMessages.includes(type))) {
    return check.at('type').fail(`unsupported type: ${type}`);
  }
  checkKnownKeys(check, block, ['type', 'block_id', ...known]);
  checkString(check, block, 'block_id', { max: 255 });
  const id = block['block_id'];
  if (typeof id === 'string' && id !== '') {
    if (blockIds.has(id)) check.at('block_id').fail(`block_id "${id}" already exists`);
    blockIds.add(id);
  }
  checkBody(check, block, type);
}

function checkBody(check: Check, block: JsonObject, type: string): void {
  if (type === 'header') return checkText(check, block, 'text', { max: 150, plain: true, required: true });
  if (type === 'section') return checkSection(check, block);
  if (type === 'context') return checkContext(check, block);
  if (type === 'actions') return checkActions(check, block);
  if (type === 'rich_text') return checkRichText(check, block);
  if (type === 'markdown') return checkString(check, block, 'text', { max: markdownTotalMax, min: 1, required: true });
  if (type === 'table') return checkTable(check, block);
  if (type === 'input') return checkInput(check, block);
  if (type === 'image') {
    checkText(check, block, 'title', { max: 2000, plain: true });
    checkImage(check, block);
  }
}

function checkSection(check: Check, block: JsonObject): void {
  if (block['text'] === undefined && block['fields'] === undefined) {
    check.fail('must define either `text` or `fields`');
  }
  checkText(check, block, 'text', { max: 3000 });
  if (block['fields'] !== undefined) {
    const fields = checkList(check, block, 'fields', { max: 10 }) ?? [];
    for (const [index, field] of fields.entries()) checkTextObject(check.at('fields').at(index), field, { max: 2000 });
  }
  if (block['accessory'] !== undefined) checkElement(check.at('accessory'), block['accessory'], 'accessory');
}

function checkContext(check: Check, block: JsonObject): void {
  const elements = checkList(check, block, 'elements', { max: 10 }) ?? [];
  for (const [index, element] of elements.entries()) {
    const here = check.at('elements').at(index);
    if (isObject(element) && element['type'] === 'image') checkImage(here, element);
    else checkTextObject(here, element, { max: 3000 });
  }
}

function checkActions(check: Check, block: JsonObject): void {
  const elements = checkList(check, block, 'elements', { max: 25 }) ?? [];
  const seen = new Set<unknown>();
  for (const [index, element] of elements.entries()) {
    const here = check.at('elements').at(index);
    checkElement(here, element, 'actions');
    const id = isObject(element) ? element['action_id'] : undefined;
    if (typeof id !== 'string') continue;
    if (seen.has(id)) here.at('action_id').fail(`\`action_id\` "${id}" already exists for another element`);
    seen.add(id);
  }
}

function checkInput(check: Check, block: JsonObject): void {
  checkText(check, block, 'label', { max: 2000, plain: true, required: true });
  checkText(check, block, 'hint', { max: 2000, plain: true });
  if (block['element'] === undefined) return check.fail('missing required field: element');
  checkElement(check.at('element'), block['element'], 'input');
}

function checkTable(check: Check, block: JsonObject): void {
  const rows = checkList(check, block, 'rows', { max: 100 }) ?? [];
  for (const [index, row] of rows.entries()) {
    const here = check.at('rows').at(index);
    if (!Array.isArray(row)) {
      here.fail('must be an array');
      continue;
    }
    if (row.length > 20) here.fail('no more than 20 items allowed');
    for (const [column, cell] of row.entries()) checkCell(here.at(column), cell);
  }
  if (listOf(block['column_settings']).length > 20) check.at('column_settings').fail('no more than 20 items allowed');
}

function checkCell(check: Check, cell: unknown): void {
  if (!isObject(cell)) return check.fail('must be an object');
  if (cell['type'] === 'rich_text') return checkRichText(check, cell);
  if (cell['type'] !== 'raw_text') return check.at('type').fail(`unsupported type: ${String(cell['type'])}`);
  checkString(check, cell, 'text', { max: 3000, min: 1, required: true });
}

function checkMarkdownTotal(check: Check, blocks: readonly unknown[]): void {
  const markdown = blocks.filter((block) => isObject(block) && block['type'] === 'markdown');
  // One block over the limit is told at its own pointer already.
  if (markdown.length > 1 && blockCharacters(markdown) > markdownTotalMax) {
    check.fail(`markdown blocks must be less than ${markdownTotalMax + 1} characters in total`);
  }
}
