import { objectsOf } from '../../../src/demo/slack/json.ts';
import type { Message } from '../../../src/demo/slack/workspace.ts';

/** The button of a message that does this; undefined: it has none. */
export function buttonOf(
  message: Message | undefined,
  action: string,
): { readonly action_id: string; readonly block_id: string } | undefined {
  for (const block of message?.blocks ?? []) {
    const found = objectsOf(block['elements']).find((element) => element['action_id'] === action);
    if (found !== undefined) return { action_id: action, block_id: String(block['block_id']) };
  }
  return undefined;
}
