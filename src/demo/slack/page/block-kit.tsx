import { type SyntheticEvent, useState } from 'react';
import { type Block, Message as Rendered } from 'slack-blocks-to-jsx';
import { type JsonObject, objectsOf, stringAt } from '../json.ts';
import { elementsOf, optionOf } from '../view-payloads.ts';
import { type Found, foundAt } from './block-events.ts';
import { renderable } from './renderable.ts';

/** Block Kit, drawn by the library; what is pressed or filled in is read back from the stored blocks. */
export function BlockKit(props: {
  readonly blocks: readonly JsonObject[];
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
  readonly onButton?: (found: Found) => void;
  readonly onValue?: (found: Found, value: string | readonly string[]) => void;
}) {
  const [chosen, setChosen] = useState<{ readonly [key: string]: string }>({});

  function onEvent(event: SyntheticEvent<HTMLElement>): void {
    const found = foundAt(event.nativeEvent, event.currentTarget, props.blocks);
    if (found === undefined) return;
    if (found.value === undefined) return props.onButton?.(found);
    const single = typeof found.value === 'string' ? optionOf(found.element, found.value) : undefined;
    if (found.element['type'] === 'static_select' && single !== undefined) {
      setChosen({ ...chosen, [`${found.block_id} ${found.action_id}`]: labelOf(single) });
    }
    props.onValue?.(found, found.value);
  }

  // The library's types are narrower than what the app may send; the server has checked the blocks by Slack's rules.
  const blocks = renderable(props.blocks, chosen) as Block[];
  return (
    <div
      className="block-kit"
      ref={nameInputs}
      onMouseDown={keepMenuOpen}
      onClick={onEvent}
      onChange={onEvent}
      onKeyDown={pressWithKeys}
    >
      <Rendered
        withoutWrapper
        name=""
        logo=""
        blocks={blocks}
        data={{ users: [...props.people], channels: [...props.channels] }}
        hooks={{
          user: ({ id, name }) => (
            <span className="mention">@{props.people.find((person) => person.id === id)?.name ?? name ?? id}</span>
          ),
          link: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer noopener">
              {children}
            </a>
          ),
        }}
      />
    </div>
  );

  function nameInputs(root: HTMLElement | null): void {
    if (root === null) return;
    // The library calls every input "Select an item"; a reader of the screen needs the label.
    for (const block of props.blocks) {
      const label = stringAt(objectsOf([block['label']])[0] ?? {}, 'text');
      const element = elementsOf(block)[0];
      if (label === undefined || element === undefined) continue;
      const input = root.querySelector(`[id="${CSS.escape(String(element['action_id']))}"] :is(textarea, input)`);
      input?.setAttribute('aria-label', label);
      // It also draws every text input as a tall one.
      input?.toggleAttribute('data-single-line', element['multiline'] !== true);
    }
  }
}

function labelOf(option: JsonObject): string {
  return stringAt(objectsOf([option['text']])[0] ?? {}, 'text') ?? '';
}

function keepMenuOpen(event: React.MouseEvent<HTMLElement>): void {
  // The library listens on the document and closes a menu at mousedown on its own options, before they are clicked.
  const inMenu =
    event.target instanceof Element && event.target.closest('#static_select_popup, [id^="overflow_menu_popup_"]');
  if (inMenu) event.stopPropagation();
}

function pressWithKeys(event: React.KeyboardEvent<HTMLElement>): void {
  // The library's options take the focus but no keys.
  if (event.key !== 'Enter' || !(event.target instanceof HTMLElement)) return;
  if (event.target.matches('[tabindex="0"].cursor-pointer')) event.target.click();
}
