import { type ApiArguments, notJson, type Refused, refuse } from './api-call.ts';
import { blockCharacters, blockFaults } from './block-rules.ts';
import { isObject, type JsonObject, objectsOf } from './json.ts';
import type { Limits } from './options.ts';
import type { StoredFile } from './slack-state.ts';
import type { Draft } from './workspace.ts';

const postTextMax = 40_000;
const updateTextMax = 4_000;
const metadataMax = 8_000;

/** Reads text, blocks, attachments and metadata of a call and refuses what Slack refuses. */
export function readContent(
  args: ApiArguments,
  context: {
    readonly limits: Limits;
    readonly files: ReadonlyMap<string, StoredFile>;
    readonly use: 'post' | 'update';
  },
): { readonly draft: Draft } | Refused {
  const text = args.text('text');
  if (context.use === 'update' && (text ?? '').length > updateTextMax) return refuse('msg_too_long');
  const blocks = args.json('blocks');
  const attachments = args.json('attachments');
  if (blocks === notJson || (blocks !== undefined && !Array.isArray(blocks))) return refuse('invalid_blocks_format');
  if (attachments === notJson) return refuse('invalid_attachments');
  const refusal = refusalOfBlocks(blocks, context) ?? refusalOfMetadata(args.json('metadata'));
  if (refusal !== undefined) return refusal;
  if (text === undefined && objectsOf(blocks).length === 0 && objectsOf(attachments).length === 0) {
    return refuse('no_text');
  }
  const metadata = args.json('metadata');
  return {
    draft: {
      text: (text ?? '').slice(0, postTextMax),
      // An update that does not speak of blocks or attachments keeps the old ones.
      ...(blocks !== undefined || context.use === 'post' ? { blocks: objectsOf(blocks) } : {}),
      ...(args.has('attachments') || context.use === 'post' ? { attachments: objectsOf(attachments) } : {}),
      ...(isObject(metadata) ? { metadata } : {}),
    },
  };
}

/** Slack's refusal of these blocks in a message, if there is one. */
export function refusalOfBlocks(
  blocks: unknown,
  context: { readonly limits: Limits; readonly files: ReadonlyMap<string, StoredFile> },
): Refused | undefined {
  if (blocks === undefined) return undefined;
  const faults = [
    ...blockFaults(blocks, 'message'),
    ...objectsOf(blocks).flatMap((block, index) => fileFault(block, index, context.files)),
  ];
  if (faults.length > 0) {
    return refuse(
      'invalid_blocks',
      faults.map((fault) => `[ERROR] ${fault.message} [json-pointer:${fault.pointer}]`),
    );
  }
  if (blockCharacters(blocks) > context.limits.messageBlockCharacters) return refuse('msg_blocks_too_long');
  return undefined;
}

function fileFault(block: JsonObject, index: number, files: ReadonlyMap<string, StoredFile>) {
  const file = block['type'] === 'image' ? block['slack_file'] : undefined;
  if (!isObject(file)) return [];
  const known = typeof file['id'] === 'string' ? files.has(file['id']) : typeof file['url'] === 'string';
  return known ? [] : [{ message: 'invalid slack file', pointer: `/blocks/${index}/slack_file` }];
}

function refusalOfMetadata(metadata: unknown): Refused | undefined {
  if (metadata === undefined) return undefined;
  if (!isObject(metadata) || typeof metadata['event_type'] !== 'string' || !isObject(metadata['event_payload'])) {
    return refuse('invalid_metadata_format');
  }
  return JSON.stringify(metadata).length > metadataMax ? refuse('metadata_too_large') : undefined;
}
