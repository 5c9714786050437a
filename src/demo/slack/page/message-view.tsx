import { useState } from 'react';
import { type JsonObject, objectsOf, stringAt } from '../json.ts';
import type { ShownMessage, Snapshot } from '../page-snapshot.ts';
import { Avatar } from './avatar.tsx';
import type { Found } from './block-events.ts';
import { BlockKit } from './block-kit.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { FileView } from './file-view.tsx';
import { RelativeTime } from './relative-time.tsx';
import type { Doors } from './use-workspace.ts';

const emoji: Record<string, string> = {
  eyes: '👀',
  white_check_mark: '✅',
  heavy_check_mark: '✔️',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  x: '❌',
  warning: '⚠️',
  thumbsup: '👍',
  '+1': '👍',
  rotating_light: '🚨',
  raised_hand: '✋',
  wrench: '🔧',
  sos: '🆘',
  mag: '🔍',
  memo: '📝',
  microscope: '🔬',
  mute: '🔇',
  checkered_flag: '🏁',
  pushpin: '📌',
};

/** One message with its blocks, files, reactions and the way into its thread. */
export function MessageView(props: {
  readonly message: ShownMessage;
  readonly compact: boolean;
  readonly replies: readonly ShownMessage[];
  readonly snapshot: Snapshot;
  readonly doors: Doors;
  readonly onThread?: (ts: string) => void;
}) {
  const { message, onThread, replies } = props;
  const ephemeral = message.visibleTo !== undefined;
  const rootTs = message.threadTs ?? message.ts;
  return (
    <article
      className={`message${ephemeral ? ' ephemeral' : ''}${props.compact ? ' compact' : ''}`}
      data-testid={ephemeral ? 'ephemeral' : 'message'}
      data-ts={message.ts}
    >
      <Avatar id={message.user ?? message.authorName} name={message.authorName} app={message.isApp} />
      <div className="message-body">
        {ephemeral && <small className="only-you">👁 Only visible to you</small>}
        {message.broadcast && (
          <small className="only-you">
            {onThread === undefined ? '↳ also sent to the channel' : '↳ replied to a thread'}
          </small>
        )}
        <div className="byline">
          <b>{message.authorName}</b>
          {message.isApp && <span className="badge">APP</span>}
          <RelativeTime ts={message.ts} />
        </div>
        <MessageContent message={message} snapshot={props.snapshot} doors={props.doors} />
        {message.reactions.length > 0 && (
          <div className="reactions">
            {message.reactions.map(({ name, users }) => (
              <span key={name} title={`:${name}:`}>
                {emoji[name] ?? `:${name}:`} {users.length}
              </span>
            ))}
          </div>
        )}
        {onThread !== undefined && !ephemeral && (
          <button
            type="button"
            className={replies.length > 0 || message.broadcast ? 'thread-link' : 'thread-link faint'}
            data-testid="thread-link"
            onClick={() => onThread(rootTs)}
          >
            {threadWords(message, replies)}
            {replies.length > 0 && <RelativeTime ts={replies.at(-1)?.ts ?? message.ts} />}
          </button>
        )}
      </div>
    </article>
  );
}

function threadWords(message: ShownMessage, replies: readonly ShownMessage[]): string {
  if (message.broadcast) return 'View thread';
  if (replies.length === 0) return 'Reply in thread';
  return `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`;
}

function MessageContent(props: { readonly message: ShownMessage; readonly snapshot: Snapshot; readonly doors: Doors }) {
  const { message, snapshot, doors } = props;
  const [asking, setAsking] = useState<{ readonly found: Found; readonly go: () => void }>();
  const attached = message.attachments.flatMap(attachmentBlocks);
  const blocks = message.blocks.length > 0 ? message.blocks : textBlocks(message.text);
  const pressed = (found: Found) => ({
    channel: message.channel,
    ts: message.ts,
    block_id: found.block_id,
    action_id: found.action_id,
  });
  const ask = (found: Found, go: () => void): void =>
    found.element['confirm'] === undefined ? go() : setAsking({ found, go });
  const shared = {
    people: [...snapshot.people, { id: snapshot.app.botUserId, name: snapshot.app.name }],
    channels: snapshot.channels,
  };
  return (
    <>
      {blocks.length > 0 && (
        <BlockKit
          key={message.editedTs ?? message.ts}
          blocks={blocks}
          {...shared}
          onButton={(found) => ask(found, () => void doors.click(pressed(found)))}
          onValue={(found, value) => ask(found, () => void doors.choose(pressed(found), value))}
        />
      )}
      {message.editedTs && <small className="quiet edited">(edited)</small>}
      {attached.length > 0 && (
        <div className="attachment">
          <BlockKit blocks={attached} {...shared} />
        </div>
      )}
      {message.files.map((file) => (
        <FileView key={String(file['id'])} file={file} />
      ))}
      {asking && (
        <ConfirmDialog
          confirm={asking.found.element['confirm']}
          onAnswer={(yes) => {
            setAsking(undefined);
            if (yes) asking.go();
          }}
          {...shared}
        />
      )}
    </>
  );
}

function textBlocks(text: string): readonly JsonObject[] {
  if (text === '') return [];
  return [{ type: 'section', block_id: 'text', text: { type: 'mrkdwn', text } }];
}

function attachmentBlocks(attachment: JsonObject, index: number): readonly JsonObject[] {
  const title = stringAt(attachment, 'title');
  const fields = objectsOf(attachment['fields']).map(
    (field) => `*${stringAt(field, 'title') ?? ''}*  ${stringAt(field, 'value') ?? ''}`,
  );
  const lines = [title === undefined ? '' : `*${title}*`, stringAt(attachment, 'text') ?? '', ...fields];
  const text = lines.filter((line) => line !== '').join('\n');
  const own = objectsOf(attachment['blocks']);
  if (text === '') return own;
  return [{ type: 'section', block_id: `attachment-${index}`, text: { type: 'mrkdwn', text } }, ...own];
}
