import type { Argv } from '../domain/plan.ts';
import { QUARANTINE } from '../domain/quarantine.ts';
import { placeAgain } from './place-again.ts';
import { unplaceModel } from './place-model.ts';
import { unretireTemporary } from './retire-temporary.ts';
import { unsetAlias } from './set-alias.ts';

/** What a way back takes out of quarantine, by its path below the models folder; undefined: it needs nothing from there. */
export function keptFor([action = '', , , name = '', ...rest]: Argv): string | undefined {
  const [before = '', receipt = ''] = action === unsetAlias.name ? rest.slice(1) : rest;
  const at = (file: string): string => `${QUARANTINE}${receipt}/${file}`;
  switch (action) {
    case unplaceModel.name:
      // Without a file before it only the note tells that the receipt has placed the one that is there.
      return at(before === 'absent' ? `${name}.placed` : `${name}.kept`);
    case placeAgain.name:
      return at(`${name}.undone`);
    case unsetAlias.name:
      return before.startsWith('file:') ? at(`${name}.kept`) : undefined;
    case unretireTemporary.name:
      return at(`${name.replace(/^\./, '')}.kept`);
    default:
      return undefined;
  }
}
