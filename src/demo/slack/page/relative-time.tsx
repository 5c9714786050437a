import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

const Now = createContext(Date.now());

/** Gives every time on the page the same clock, which moves every ten seconds. */
export function NowProvider({ children }: { readonly children: ReactNode }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return <Now value={now}>{children}</Now>;
}

/** A Slack ts as "4 min ago", with the absolute time as its title. */
export function RelativeTime({ ts }: { readonly ts: string }) {
  const at = new Date(Number(ts) * 1000);
  const seconds = Math.max(0, (useContext(Now) - at.getTime()) / 1000);
  return (
    <time className="quiet" dateTime={at.toISOString()} title={at.toLocaleString()}>
      {wordsFor(seconds, at)}
    </time>
  );
}

function wordsFor(seconds: number, at: Date): string {
  if (seconds < 45) return 'now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 24 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return at.toLocaleDateString();
}
