import { type JsonObject, objectsOf, stringAt } from '../json.ts';
import { elementsOf } from '../view-payloads.ts';

/** An element that a person used; `value` is undefined for a button. */
export type Found = {
  readonly block_id: string;
  readonly action_id: string;
  readonly element: JsonObject;
  readonly value?: string | readonly string[];
};

/** Reads from a DOM event which element was used: the library gives ids, but no callbacks. */
export function foundAt(event: Event, root: HTMLElement, blocks: readonly JsonObject[]): Found | undefined {
  const target = event.target;
  if (!(target instanceof Element)) return undefined;
  const place = placeOf(target, root, blocks);
  if (place === undefined) return undefined;
  const type = place.element['type'];
  const clicked = event.type === 'click';
  if (type === 'button') return clicked && target.closest('button') ? place : undefined;
  if (type === 'overflow') return clicked ? withIndex(place, target, '[id^="overflow_menu_popup_"]') : undefined;
  if (type === 'static_select') return clicked ? withIndex(place, target, '#static_select_popup') : undefined;
  if (clicked) return undefined;
  if (target instanceof HTMLTextAreaElement) return { ...place, value: target.value };
  if (target instanceof HTMLInputElement) return withChecked(place, target);
  return undefined;
}

function placeOf(target: Element, root: HTMLElement, blocks: readonly JsonObject[]): Found | undefined {
  const ids: string[] = [];
  for (let node: Element | null = target; node !== null && node !== root; node = node.parentElement) {
    if (node.id !== '') ids.push(node.id);
  }
  const block = blocks.find((candidate) => ids.includes(String(candidate['block_id'])));
  if (block === undefined) return undefined;
  const element = elementsOf(block).find((candidate) => ids.includes(String(candidate['action_id'])));
  if (element === undefined) return undefined;
  return { block_id: String(block['block_id']), action_id: String(element['action_id']), element };
}

function withIndex(place: Found, target: Element, popupSelector: string): Found | undefined {
  const popup = target.closest(popupSelector);
  const item = target.closest('.cursor-pointer');
  if (popup === null || item === null) return undefined;
  const index = [...popup.querySelectorAll('.cursor-pointer')].indexOf(item);
  const typed = popup.parentElement?.querySelector('input')?.value.toLowerCase() ?? '';
  const options = optionsOf(place.element).filter((option) => textOf(option).toLowerCase().includes(typed));
  const value = stringAt(options[index] ?? {}, 'value');
  return value === undefined ? undefined : { ...place, value };
}

function withChecked(place: Found, input: HTMLInputElement): Found | undefined {
  const options = optionsOf(place.element);
  const inputs = [...(input.closest('fieldset')?.querySelectorAll('input') ?? [])];
  if (input.type === 'radio') {
    const value = stringAt(options[inputs.indexOf(input)] ?? {}, 'value');
    return value === undefined ? undefined : { ...place, value };
  }
  if (input.type !== 'checkbox') return undefined;
  const value = options.filter((_, index) => inputs[index]?.checked === true).map((option) => String(option['value']));
  return { ...place, value };
}

function optionsOf(element: JsonObject): readonly JsonObject[] {
  const groups = objectsOf(element['option_groups']);
  return groups.length > 0 ? groups.flatMap((group) => objectsOf(group['options'])) : objectsOf(element['options']);
}

function textOf(option: JsonObject): string {
  return stringAt(objectsOf([option['text']])[0] ?? {}, 'text') ?? '';
}
