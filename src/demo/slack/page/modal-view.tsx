import { useState } from 'react';
import type { ShownView, Snapshot } from '../page-snapshot.ts';
import type { FormValues } from '../view-payloads.ts';
import type { Found } from './block-events.ts';
import { BlockKit } from './block-kit.tsx';
import type { Doors } from './use-workspace.ts';

/** The visible modal of a person: its blocks, its inputs and what the app complained about. */
export function ModalView(props: { readonly view: ShownView; readonly snapshot: Snapshot; readonly doors: Doors }) {
  const { view, snapshot, doors } = props;
  const [values, setValues] = useState<FormValues>({});
  const [busy, setBusy] = useState(false);
  const keep = (found: Found, value: string | readonly string[]): void =>
    setValues((before) => ({ ...before, [found.block_id]: { ...before[found.block_id], [found.action_id]: value } }));
  const submit = async (): Promise<void> => {
    setBusy(true);
    await doors.submit(view.id, values);
    setBusy(false);
  };
  return (
    <div className="veil">
      <form
        className="dialog modal"
        role="dialog"
        aria-label={view.title}
        data-testid="modal"
        onKeyDown={(event) => {
          if (event.key === 'Escape') void doors.close(view.id);
          const single = event.target instanceof HTMLElement && event.target.hasAttribute('data-single-line');
          if (event.key !== 'Enter' || event.shiftKey || !single) return;
          event.preventDefault();
          void submit();
        }}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="dialog-head">
          <h2>{view.title}</h2>
          <button type="button" className="close" aria-label="Close" onClick={() => void doors.close(view.id)}>
            ✕
          </button>
        </div>
        <div className="modal-blocks">
          {view.blocks.map((block) => {
            const id = String(block['block_id']);
            const error = view.errors[id];
            return (
              <div key={id} className={error === undefined ? '' : 'with-error'}>
                <BlockKit
                  blocks={[block]}
                  people={[...snapshot.people, { id: snapshot.app.botUserId, name: snapshot.app.name }]}
                  channels={snapshot.channels}
                  onButton={(found) => void doors.clickInView(view.id, found, values)}
                  onValue={keep}
                />
                {error !== undefined && (
                  <p className="input-error" role="alert">
                    {error}
                  </p>
                )}
              </div>
            );
          })}
        </div>
        <div className="dialog-buttons">
          <button type="button" data-testid="modal-close" onClick={() => void doors.close(view.id)}>
            {view.close}
          </button>
          {view.submit !== undefined && (
            <button type="submit" className="primary" data-testid="modal-submit" disabled={busy}>
              {view.submit}
            </button>
          )}
        </div>
      </form>
    </div>
  );
}
