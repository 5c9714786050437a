import type { ShownMessage, Snapshot } from '../page-snapshot.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import type { Doors } from './use-workspace.ts';

/** One thread with its root, what only this person sees in it, and a box to answer. */
export function ThreadPane(props: {
  readonly root: ShownMessage;
  readonly all: readonly ShownMessage[];
  readonly snapshot: Snapshot;
  readonly doors: Doors;
  readonly userId: string;
  readonly onClose: () => void;
}) {
  const { root, snapshot, doors } = props;
  const thread = props.all.filter((message) => message.ts === root.ts || message.threadTs === root.ts);
  const named = `@${snapshot.app.name}`;
  return (
    <section className="thread" data-testid="thread" aria-label="Thread">
      <div className="channel-head">
        <h1>Thread</h1>
        <span className="quiet">
          {thread.length - 1} {thread.length === 2 ? 'reply' : 'replies'}
        </span>
        <button
          type="button"
          className="close"
          data-testid="thread-close"
          aria-label="Close thread"
          onClick={props.onClose}
        >
          ✕
        </button>
      </div>
      <MessageList key={root.ts} messages={thread} all={[]} snapshot={snapshot} doors={doors} />
      <Composer
        key={`${root.ts}:${props.userId}`}
        where="thread"
        placeholder={`Reply, or ${named} check …`}
        app={snapshot.app}
        doors={doors}
        onSend={(text) => doors.send(root.channel, text, root.ts)}
      />
    </section>
  );
}
