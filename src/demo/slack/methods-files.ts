import { randomBytes } from 'node:crypto';
import { type ApiAnswer, type ApiCall, type ApiMethod, accept, refuse } from './api-call.ts';
import { type JsonObject, objectsOf, stringAt } from './json.ts';
import { refusalOfBlocks } from './message-content.ts';
import { channelOf, ownDraft } from './methods-chat.ts';
import type { SlackState, StoredFile } from './slack-state.ts';
import { type Draft, randomId } from './workspace.ts';

/** files.*: the two calls around an upload; the upload itself is a plain POST. */
export const fileMethods: { readonly [method: string]: ApiMethod } = {
  'files.getUploadURLExternal': ({ args, state }) => {
    const name = args.text('filename');
    const length = args.number('length');
    if (name === undefined || length === undefined || length < 1) return refuse('invalid_arguments');
    const file: StoredFile = { id: `F0${randomId(9)}`, name, length, secret: randomBytes(16).toString('hex') };
    state.files.set(file.id, file);
    return accept({ upload_url: `${state.baseUrl()}/upload/${file.id}/${file.secret}`, file_id: file.id });
  },
  'files.completeUploadExternal': complete,
};

/** Stores uploaded bytes; undefined when the address is not one that was given out, or the length is wrong. */
export function storeUpload(state: SlackState, id: string, secret: string, bytes: Buffer): StoredFile | undefined {
  const file = state.files.get(id);
  if (file === undefined || file.secret !== secret || file.length !== bytes.length) return undefined;
  const stored = { ...file, bytes };
  state.files.set(id, stored);
  return stored;
}

/** The kind of a file by its name, as Slack's `filetype` and as a content type. */
export function fileKind(name: string): { readonly type: string; readonly mime: string } {
  const type = name.split('.').pop()?.toLowerCase() ?? 'txt';
  const images: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif' };
  return { type, mime: images[type] ?? 'text/plain; charset=utf-8' };
}

function complete({ args, state }: ApiCall): ApiAnswer {
  const asked = objectsOf(args.json('files'));
  if (asked.length === 0) return refuse('invalid_arguments');
  const channel = args.has('channel_id') ? channelOf(state, args.text('channel_id')) : undefined;
  if (args.has('channel_id') && channel === undefined) return refuse('channel_not_found');
  const files = asked.map((entry) => titled(state, entry));
  if (files.some((file) => file === undefined)) return refuse('file_not_found');
  const blocks = args.json('blocks');
  const refusal = refusalOfBlocks(blocks, state);
  if (refusal !== undefined) return refusal;
  const onWire = files.flatMap((file) => (file === undefined ? [] : [fileOnWire(state, file)]));
  const threadTs = args.text('thread_ts');
  if (channel !== undefined) {
    const draft: Draft = {
      ...ownDraft(state, { text: args.text('initial_comment') ?? '', blocks: objectsOf(blocks), files: onWire }),
      subtype: 'file_share',
      ...(threadTs === undefined ? {} : { threadTs }),
    };
    // Slack shares a file some time after it has answered: the message must not be expected at once.
    setTimeout(() => state.workspace.add(channel.id, draft), 20);
  }
  return accept({ files: onWire });
}

function titled(state: SlackState, entry: JsonObject): StoredFile | undefined {
  const file = state.files.get(stringAt(entry, 'id') ?? '');
  if (file?.bytes === undefined) return undefined;
  const stored = { ...file, title: stringAt(entry, 'title') ?? file.name };
  state.files.set(file.id, stored);
  return stored;
}

function fileOnWire(state: SlackState, file: StoredFile): JsonObject {
  const { type, mime } = fileKind(file.name);
  const url = `${state.baseUrl()}/files/${file.id}/${encodeURIComponent(file.name)}`;
  const text = mime.startsWith('text/') ? (file.bytes ?? Buffer.alloc(0)).toString('utf8') : undefined;
  return {
    id: file.id,
    name: file.name,
    title: file.title ?? file.name,
    mimetype: mime.split(';')[0],
    filetype: type,
    size: file.length,
    user: state.options.app.botUserId,
    url_private: url,
    permalink: url,
    ...(text === undefined ? {} : { preview: text.slice(0, 2_000), lines: text.split('\n').length }),
  };
}
