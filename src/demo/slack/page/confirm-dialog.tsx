import { isObject, objectOf, stringAt } from '../json.ts';
import { BlockKit } from './block-kit.tsx';

/** Asks what an element's confirm object asks, before anything is sent. */
export function ConfirmDialog(props: {
  readonly confirm: unknown;
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
  readonly onAnswer: (yes: boolean) => void;
}) {
  const confirm = objectOf(props.confirm);
  const words = (key: string): string => stringAt(objectOf(confirm[key]), 'text') ?? '';
  return (
    <div className="veil">
      <div className="dialog" role="alertdialog" aria-label={words('title')} data-testid="confirm">
        <h2>{words('title')}</h2>
        {isObject(confirm['text']) && (
          <BlockKit
            blocks={[{ type: 'section', block_id: 'confirm', text: confirm['text'] }]}
            people={props.people}
            channels={props.channels}
          />
        )}
        <div className="dialog-buttons">
          <button type="button" onClick={() => props.onAnswer(false)}>
            {words('deny')}
          </button>
          <button
            type="button"
            className={confirm['style'] === 'danger' ? 'danger' : 'primary'}
            // biome-ignore lint/a11y/noAutofocus: a dialog takes the focus
            autoFocus
            data-testid="confirm-yes"
            onClick={() => props.onAnswer(true)}
          >
            {words('confirm')}
          </button>
        </div>
      </div>
    </div>
  );
}
