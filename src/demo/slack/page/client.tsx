import { useEffect, useState } from 'react';
import type { Snapshot } from '../page-snapshot.ts';
import { ChannelList } from './channel-list.tsx';
import { Composer } from './composer.tsx';
import { Hints } from './hints.tsx';
import { HomePane } from './home-pane.tsx';
import { MessageList } from './message-list.tsx';
import { ModalView } from './modal-view.tsx';
import { PersonSwitch } from './person-switch.tsx';
import { NowProvider } from './relative-time.tsx';
import { ThreadPane } from './thread-pane.tsx';
import { useWorkspace } from './use-workspace.ts';

/** The whole client: channels, the open channel, its thread, modals and the person switch. */
export function Client() {
  const workspace = useWorkspace();
  const { snapshot, userId, doors } = workspace;
  const [picked, setPicked] = useState<string>();
  const [threadTs, setThreadTs] = useState<string>();
  const [atHome, setAtHome] = useState(false);
  const channel = snapshot?.channels.find(({ id }) => id === picked) ?? snapshot?.channels[0];

  useEffect(() => {
    if (channel !== undefined) document.title = `#${channel.name} – local Slack`;
  }, [channel?.name]);

  if (snapshot === undefined || channel === undefined) return <p className="loading">Opening the local Slack …</p>;
  const inChannel = snapshot.messages.filter((message) => message.channel === channel.id);
  const thread = threadTs === undefined ? undefined : inChannel.find((message) => message.ts === threadTs);
  const view = snapshot.views.at(-1);
  return (
    <NowProvider>
      <div className={thread === undefined ? 'client' : 'client with-thread'}>
        <header className="top">
          <div className="brand">
            <img src="/favicon.svg" alt="" width="26" height="26" />
            <strong>{snapshot.team.name}</strong>
            <span className="quiet">local Slack</span>
          </div>
          <PersonSwitch people={snapshot.people} userId={userId} onPick={workspace.setUserId} />
        </header>
        <ChannelList
          snapshot={snapshot}
          current={atHome ? undefined : channel.id}
          onPick={(id) => {
            setPicked(id);
            setThreadTs(undefined);
            setAtHome(false);
          }}
          onHome={() => {
            setThreadTs(undefined);
            setAtHome(true);
          }}
        />
        {atHome ? (
          <HomePane snapshot={snapshot} doors={doors} userId={userId} />
        ) : (
          <main className="channel" data-testid="channel">
            <ChannelHead channel={channel} />
            <Hints lines={snapshot.hints} />
            <MessageList
              messages={inChannel.filter((message) => message.threadTs === undefined || message.broadcast === true)}
              all={inChannel}
              snapshot={snapshot}
              doors={doors}
              onThread={setThreadTs}
            />
            <Composer
              key={`${channel.id}:${userId}`}
              where="channel"
              placeholder={`Message #${channel.name}, or ${snapshot.app.command} …`}
              app={snapshot.app}
              doors={doors}
              onSend={(text) => doors.send(channel.id, text, undefined)}
            />
          </main>
        )}
        {thread && (
          <ThreadPane
            root={thread}
            all={inChannel}
            snapshot={snapshot}
            doors={doors}
            userId={userId}
            onClose={() => setThreadTs(undefined)}
          />
        )}
        {view && <ModalView key={`${view.id}:${userId}`} view={view} snapshot={snapshot} doors={doors} />}
        <Status online={workspace.online} notice={workspace.notice} onDismiss={workspace.dismiss} />
      </div>
    </NowProvider>
  );
}

function ChannelHead({ channel }: { readonly channel: Snapshot['channels'][number] }) {
  return (
    <div className="channel-head">
      <h1># {channel.name}</h1>
      {channel.topic !== '' && <span className="quiet">{channel.topic}</span>}
    </div>
  );
}

function Status(props: {
  readonly online: boolean;
  readonly notice: string | undefined;
  readonly onDismiss: () => void;
}) {
  const text = props.online ? props.notice : 'The local Slack has stopped. Waiting for it to come back …';
  if (text === undefined) return null;
  return (
    <div className="notice" role="status" data-testid="notice">
      <span>{text}</span>
      {props.online && (
        <button type="button" onClick={props.onDismiss} aria-label="Dismiss">
          ✕
        </button>
      )}
    </div>
  );
}
