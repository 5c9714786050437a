import type { Orders } from '../contract/orders.ts';
import { canonicalJson } from '../domain/digest.ts';
import { type Read, type Setup, type Side, setupChange, setupRefusal } from '../domain/setup.ts';
import type { Standing } from '../domain/standing.ts';
import { announce } from './announce.ts';

/** A change that is older was told, or nobody was there to tell it. */
const NEWS_MS = 3_600_000;

/** Writes down what this process has read, when it begins and whenever that changed; not again while others of its side write otherwise. */
export function createSetupNote(options: {
  readonly orders: Orders;
  readonly side: Side;
  readonly read: () => Read;
  readonly now: () => Date;
}): () => Promise<void> {
  const { orders, side, read, now } = options;
  let noted: string | undefined;
  return async () => {
    const { setup, words } = read();
    const state = canonicalJson(setup);
    if (state === noted) return;
    const latest = (await orders.standing()).setups.get(side);
    if (latest === undefined || canonicalJson(latest.setup) !== state)
      await orders.append({
        kind: 'configured',
        at: now().toISOString(),
        side,
        setup,
        ...(words === undefined ? {} : { words: [...words] }),
      });
    noted = state;
  };
}

/** Leaving or entering `observe` is the first thing to say. */
function modeNews(before: Setup, after: Setup): string[] {
  if (before.mode === undefined || before.mode === after.mode) return [];
  return [
    after.mode === 'act'
      ? 'medic does not only observe any more: what people approve is done'
      : 'medic only observes from now on: nothing is changed, and nobody is told of what is found',
  ];
}

/** Says in the channel, once each, that a side has read something else, and whether nothing can be changed because of it. Nodes that came and left are said elsewhere. */
export async function tellSetups(
  { setups }: Pick<Standing, 'setups'>,
  options: Parameters<typeof announce>[2] & { readonly now: () => Date },
): Promise<void> {
  for (const [side, { at, before, ...read }] of setups) {
    if (before === undefined || options.now().getTime() - Date.parse(at) > NEWS_MS) continue;
    const refusal = setupRefusal(setups);
    const { inventory } = read.setup;
    const others = setupChange({ ...before, setup: { ...before.setup, inventory } }, read);
    if (others.length === 0 && refusal === undefined) continue;
    const where = side === 'desk' ? 'where it is decided' : 'on the worker';
    const lines = [
      ...modeNews(before.setup, read.setup),
      `The configuration ${where} changed`,
      ...setupChange(before, read),
    ];
    await announce(refusal === undefined ? lines : [...lines, refusal.text], `configured:${side}:${at}`, options);
  }
}
