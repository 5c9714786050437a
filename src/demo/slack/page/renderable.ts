import { isObject, type JsonObject, objectsOf, stringAt } from '../json.ts';

/**
 * Blocks as the library can draw them: without confirm dialogs (the page asks itself, because the library tells nobody
 * the answer), with pictures by local address, and with the chosen option where the library would forget it.
 */
export function renderable(
  blocks: readonly JsonObject[],
  chosen: { readonly [blockAndAction: string]: string },
): readonly JsonObject[] {
  return blocks.map((block) => {
    const id = String(block['block_id']);
    const drawn: JsonObject = block['type'] === 'image' ? localImage(block) : { ...block };
    if (isObject(block['text'])) drawn['text'] = drawableText(block['text']);
    if (Array.isArray(block['fields'])) drawn['fields'] = objectsOf(block['fields']).map(drawableText);
    for (const key of ['accessory', 'element']) {
      const element = block[key];
      if (isObject(element)) drawn[key] = drawable(element, id, chosen);
    }
    const elements = block['elements'];
    if (block['type'] === 'actions' || block['type'] === 'context') {
      drawn['elements'] = objectsOf(elements).map((element) => drawable(element, id, chosen));
    }
    return drawn;
  });
}

/** A file's address without its host, so that the page may be opened under another name of this machine. */
export function localPath(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.pathname.startsWith('/files/') ? parsed.pathname : url;
}

/** To the library `verbatim` means that no mark is read; to Slack it only means that nothing becomes a link by itself. */
function drawableText(text: JsonObject): JsonObject {
  const { verbatim: _, ...drawn } = text;
  const words = stringAt(text, 'text');
  // The library writes "> " for every &gt;.
  return words === undefined ? drawn : { ...drawn, text: words.replaceAll('&gt; ', '&gt;') };
}

function drawable(element: JsonObject, blockId: string, chosen: { readonly [key: string]: string }): JsonObject {
  if (element['type'] === 'image') return localImage(element);
  if (element['type'] === 'mrkdwn') return drawableText(element);
  const { confirm: _, ...drawn } = element;
  if (element['type'] !== 'static_select') return drawn;
  const initial = isObject(element['initial_option']) ? element['initial_option']['text'] : undefined;
  const text = chosen[`${blockId} ${String(element['action_id'])}`];
  const shown = text === undefined ? initial : { type: 'plain_text', text };
  return shown === undefined ? drawn : { ...drawn, placeholder: shown };
}

function localImage(image: JsonObject): JsonObject {
  const file = image['slack_file'];
  const id = isObject(file) ? stringAt(file, 'id') : undefined;
  const url = id === undefined ? (stringAt(image, 'image_url') ?? '') : `/files/${id}/picture`;
  const { slack_file: _, ...rest } = image;
  return { ...rest, image_url: localPath(url) };
}
