import { useState } from 'react';

/** What to do here: shown on the first visit, and again when asked for. */
export function Hints({ lines }: { readonly lines: readonly string[] }) {
  const [open, setOpen] = useState(() => localStorage.getItem('hints') !== 'seen');
  if (lines.length === 0) return null;
  const toggle = (): void => {
    localStorage.setItem('hints', 'seen');
    setOpen(!open);
  };
  if (!open) {
    return (
      <button type="button" className="hints-again" onClick={toggle}>
        What can I do here?
      </button>
    );
  }
  return (
    <aside className="hints" data-testid="hints">
      <ol>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      <button type="button" onClick={toggle}>
        Got it
      </button>
    </aside>
  );
}
