import { useLayoutEffect, useRef } from 'react';
import type { ShownMessage, Snapshot } from '../page-snapshot.ts';
import { MessageView } from './message-view.tsx';
import type { Doors } from './use-workspace.ts';

/** Messages, oldest first; the list stays at its end unless the reader has scrolled up. */
export function MessageList(props: {
  readonly messages: readonly ShownMessage[];
  readonly all: readonly ShownMessage[];
  readonly snapshot: Snapshot;
  readonly doors: Doors;
  readonly onThread?: (ts: string) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  });
  return (
    <div
      className="messages"
      ref={list}
      data-testid="messages"
      onScroll={({ currentTarget: el }) => {
        atEnd.current = el.scrollHeight - el.scrollTop - el.clientHeight < 80;
      }}
    >
      {props.messages.length === 0 && <p className="quiet empty">Nothing here yet.</p>}
      {props.messages.map((message, index) => (
        <MessageView
          key={message.ts}
          message={message}
          compact={isSameBreath(props.messages[index - 1], message)}
          replies={props.all.filter((reply) => reply.threadTs === message.ts && reply.visibleTo === undefined)}
          snapshot={props.snapshot}
          doors={props.doors}
          {...(props.onThread === undefined ? {} : { onThread: props.onThread })}
        />
      ))}
    </div>
  );
}

function isSameBreath(before: ShownMessage | undefined, message: ShownMessage): boolean {
  if (before === undefined || before.visibleTo !== message.visibleTo) return false;
  return before.authorName === message.authorName && Number(message.ts) - Number(before.ts) < 120;
}
