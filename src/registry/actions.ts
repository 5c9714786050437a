import { askDaemon } from '../actions/ask-daemon.ts';
import { deriveModel, dropDerived } from '../actions/derive-model.ts';
import { discardTemporary, discardTemporaryArgv } from '../actions/discard-temporary.ts';
import { installHook } from '../actions/install-hook.ts';
import { dropLease, dropLeaseArgv, takeLease, takeLeaseArgv } from '../actions/lease.ts';
import { makeFolder, unmakeFolder } from '../actions/make-folder.ts';
import { placeAgain } from '../actions/place-again.ts';
import { placeModel, placeModelArgv, unplaceModel } from '../actions/place-model.ts';
import { pruneQuarantine } from '../actions/prune-quarantine.ts';
import { retireAlias, unretireAlias } from '../actions/retire-alias.ts';
import { retireTemporary, unretireTemporary } from '../actions/retire-temporary.ts';
import { setAlias, unsetAlias } from '../actions/set-alias.ts';
import type { Action, Actions, EngineArgvs } from '../contract/action.ts';

const list: readonly Action[] = [
  makeFolder,
  unmakeFolder,
  setAlias,
  unsetAlias,
  retireAlias,
  unretireAlias,
  retireTemporary,
  unretireTemporary,
  placeModel,
  unplaceModel,
  placeAgain,
  pruneQuarantine,
  askDaemon,
  deriveModel,
  installHook,
  dropDerived,
  discardTemporary,
  takeLease,
  dropLease,
];

/** Every script that may change a node. */
export const actions: Actions = new Map(list.map((action) => [action.name, action]));

/** The changes that the engine asks for around a plan's steps. */
export const argvs: EngineArgvs = {
  placeModel: placeModelArgv,
  discardTemporary: discardTemporaryArgv,
  takeLease: takeLeaseArgv,
  dropLease: dropLeaseArgv,
};
