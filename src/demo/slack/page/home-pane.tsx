import { useEffect } from 'react';
import type { Snapshot } from '../page-snapshot.ts';
import { BlockKit } from './block-kit.tsx';
import type { Doors } from './use-workspace.ts';

/** The app's Home tab of the chosen person. Opening it asks the app for it anew, as in Slack. */
export function HomePane({
  snapshot,
  doors,
  userId,
}: {
  readonly snapshot: Snapshot;
  readonly doors: Doors;
  readonly userId: string;
}) {
  // Once for each opening and person: what it shows comes by the workspace's changes.
  useEffect(() => void doors.openHome(), [userId]);
  return (
    <main className="channel" data-testid="home">
      <div className="channel-head">
        <h1>{snapshot.app.name}</h1>
        <span className="quiet">Home</span>
        <button type="button" className="again" onClick={() => void doors.openHome()}>
          Open again
        </button>
      </div>
      <div className="messages home-blocks">
        {snapshot.home === undefined ? (
          <p className="empty quiet">{snapshot.app.name} makes its Home tab …</p>
        ) : (
          <BlockKit
            blocks={snapshot.home}
            people={[...snapshot.people, { id: snapshot.app.botUserId, name: snapshot.app.name }]}
            channels={snapshot.channels}
          />
        )}
      </div>
    </main>
  );
}
