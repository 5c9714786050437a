import type { Ledger } from '../../../src/contract/ledger.ts';
import type { Orders } from '../../../src/contract/orders.ts';
import { mayOrder, mayWrite } from '../../../src/domain/written.ts';

/** Keys in whose name a test writes: the first that may. */
const WRITERS = [
  ['shell', 'shell'],
  ['bot', 'bot'],
  ['worker', 'worker-0'],
] as const;
type Program = (typeof WRITERS)[number][0];

/** One ledger through which a test writes what bot, shell and worker write, each with its own key. */
export function ledgerByWriter(of: (program: Program) => Ledger): Ledger {
  const all = { shell: of('shell'), bot: of('bot'), worker: of('worker') };
  return {
    ...all.bot,
    async append(incident, event, options) {
      const [program] = WRITERS.find(([, key]) => mayWrite(key, event)) ?? ['bot'];
      return all[program].append(incident, event, options);
    },
  };
}

/** The same for orders. */
export function ordersByWriter(of: (program: Program) => Orders): Orders {
  const all = { shell: of('shell'), bot: of('bot'), worker: of('worker') };
  return {
    ...all.bot,
    async append(order) {
      const [program] = WRITERS.find(([, key]) => mayOrder(key, order)) ?? ['bot'];
      return all[program].append(order);
    },
  };
}
