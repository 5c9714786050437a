import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Completion } from '../options.ts';
import type { Snapshot } from '../page-snapshot.ts';
import type { Doors } from './use-workspace.ts';

/** A box to write in, with suggestions for commands: arrows choose, Tab or Enter takes, Escape closes. */
export function Composer(props: {
  readonly where: 'channel' | 'thread';
  readonly placeholder: string;
  readonly app: Snapshot['app'];
  readonly doors: Doors;
  readonly onSend: (text: string) => Promise<void>;
}) {
  const [text, setText] = useState('');
  const [picked, setPicked] = useState(-1);
  const box = useRef<HTMLTextAreaElement>(null);
  const [suggestions, forget] = useSuggestions(text, props);

  function send(): void {
    const ready = text.trim();
    if (ready === '') return;
    setText('');
    setPicked(-1);
    void props.onSend(ready);
  }
  function take(suggestion: Completion | undefined): void {
    if (suggestion === undefined) return;
    setText(suggestion.insert);
    setPicked(-1);
    box.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    const action = keyAction(event, suggestions.length, picked);
    if (action === undefined) return;
    event.preventDefault();
    if (action === 'send') send();
    else if (action === 'take') take(suggestions[Math.max(0, picked)]);
    else if (action === 'close') forget();
    else setPicked(action);
  }

  return (
    <div className="composer-wrap">
      {suggestions.length > 0 && (
        <ul className="suggestions" role="listbox" data-testid="suggestions">
          {suggestions.map((suggestion, index) => (
            <li
              key={suggestion.insert + suggestion.label}
              role="option"
              aria-selected={index === picked}
              onMouseDown={(event) => {
                event.preventDefault();
                take(suggestion);
              }}
            >
              <code>{suggestion.label}</code>
              <span className="quiet">{suggestion.detail}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="composer">
        <textarea
          ref={box}
          rows={1}
          value={text}
          aria-label={props.placeholder}
          placeholder={props.placeholder}
          data-testid={`composer-${props.where}`}
          onChange={(event) => {
            setText(event.target.value);
            setPicked(-1);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" aria-label="Send" disabled={text.trim() === ''} onClick={send}>
          ➤
        </button>
      </div>
    </div>
  );
}

function keyAction(
  event: KeyboardEvent,
  count: number,
  picked: number,
): 'send' | 'take' | 'close' | number | undefined {
  if (event.nativeEvent.isComposing) return undefined;
  if (count > 0) {
    if (event.key === 'ArrowDown') return (picked + 1) % count;
    if (event.key === 'ArrowUp') return (picked <= 0 ? count : picked) - 1;
    if (event.key === 'Tab' || (event.key === 'Enter' && picked >= 0)) return 'take';
    if (event.key === 'Escape') return 'close';
  }
  return event.key === 'Enter' && !event.shiftKey ? 'send' : undefined;
}

function useSuggestions(
  text: string,
  { where, app, doors }: { readonly where: string; readonly app: Snapshot['app']; readonly doors: Doors },
): readonly [readonly Completion[], () => void] {
  const [found, setFound] = useState<readonly Completion[]>([]);
  useEffect(() => {
    let stale = false;
    // What is asked for the mention is the command's completion under another name.
    const asMention = text.startsWith('@');
    const name = `@${app.name}`;
    const show = (list: readonly Completion[]): void => {
      if (!stale) setFound(list.filter((one) => one.insert.trimEnd() !== text.trimEnd()).slice(0, 8));
    };
    if (asMention && name.startsWith(text)) {
      show([{ insert: `${name} `, label: name, detail: where === 'thread' ? 'ask here, in the thread' : 'ask here' }]);
    } else if (text.startsWith('/') || text.startsWith(`${name} `)) {
      const asked = asMention ? text.replace(name, app.command) : text;
      const back = (insert: string): string => (asMention ? insert.replace(app.command, name) : insert);
      void doors.complete(asked).then((list) => show(list.map((one) => ({ ...one, insert: back(one.insert) }))));
    } else show([]);
    return () => {
      stale = true;
    };
    // The doors are new at every render; the text is what matters.
  }, [text, where, app.name, app.command]);
  return [text === '' ? [] : found, () => setFound([])];
}
