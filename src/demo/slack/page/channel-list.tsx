import { useEffect, useState } from 'react';
import type { Snapshot } from '../page-snapshot.ts';

/** The channels; a dot marks one in which something came since it was looked at last. */
export function ChannelList(props: {
  readonly snapshot: Snapshot;
  /** Undefined: the app's Home tab is open. */
  readonly current: string | undefined;
  readonly onPick: (id: string) => void;
  readonly onHome: () => void;
}) {
  const { snapshot, current } = props;
  const [seen, setSeen] = useState<{ readonly [channel: string]: string }>({});
  const newest = (channel: string): string =>
    snapshot.messages.filter((message) => message.channel === channel).at(-1)?.ts ?? '';
  const newestHere = current === undefined ? '' : newest(current);
  useEffect(() => {
    if (current !== undefined) setSeen((before) => ({ ...before, [current]: newestHere }));
  }, [current, newestHere]);
  return (
    <nav className="channels" aria-label="Channels">
      {snapshot.channels.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          data-testid={`channel-${name}`}
          className={id === current ? 'channel-link current' : 'channel-link'}
          aria-current={id === current}
          onClick={() => props.onPick(id)}
        >
          <span># {name}</span>
          {id !== current && newest(id) > (seen[id] ?? '') && <i className="dot" title="Something new" />}
        </button>
      ))}
      <button
        type="button"
        data-testid="open-home"
        className={current === undefined ? 'channel-link current' : 'channel-link'}
        aria-current={current === undefined}
        onClick={props.onHome}
      >
        <span>Home</span>
      </button>
    </nav>
  );
}
