import { expect, it } from 'vitest';
import { createRelayBoard } from '../../src/engine/relay-board.ts';
import { aTarget, aTransfer } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';

const relay = [
  { from: 'mac-studio', to: 'vast-1', by: 'network' as const },
  { from: 'vast-1', to: 'vast-2', by: 'network' as const },
];
const nodes = ['mac-studio', 'vast-1', 'vast-2'].map((name) => aNode(name));
const target = (name: string) => aTarget(name, { steps: [aTransfer()] });
const soon = async (promise: Promise<void> | undefined): Promise<boolean> =>
  Promise.race([
    promise?.then(() => true) ?? false,
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);

it('tells whom a node takes from and who takes from it, and when each has ended', async () => {
  const board = createRelayBoard({ relay }, () => nodes);
  board.begin([target('vast-1'), target('vast-2')]);
  const [near, source] = board.of('vast-2', 'hex8_2p')?.from ?? [];
  expect([near?.node.name, source?.node.name]).toEqual(['vast-1', 'mac-studio']);
  expect(board.of('vast-1', 'hex8_2p')?.to.map(({ node }) => node.name)).toEqual(['vast-2']);
  expect(await soon(source?.ended)).toBe(true);
  expect(await soon(near?.ended)).toBe(false);
  board.ended('vast-1', 'hex8_2p');
  expect(await soon(near?.ended)).toBe(true);
});

it('nobody waits for a target that was left, for one of an earlier batch, or for a model that it does not get', async () => {
  const board = createRelayBoard({ relay }, () => nodes);
  board.begin([target('vast-1')]);
  board.left(target('vast-1'));
  expect(board.of('vast-1', 'hex8_2p')?.to).toEqual([]);
  board.begin([target('vast-2')]);
  expect(await soon(board.of('vast-2', 'hex8_2p')?.from[0]?.ended)).toBe(true);
  expect(await soon(board.of('vast-2', 'square8_2p')?.from[0]?.ended)).toBe(true);
});

it('lets go of a node whose bytes are all there ahead of its turn, and does not call it a source before that', async () => {
  const board = createRelayBoard({ relay }, () => nodes);
  board.begin([target('vast-1'), target('vast-2')]);
  const served = board.of('vast-1', 'hex8_2p')?.to[0]?.ended;
  board.brought('vast-2', 'hex8_2p');
  expect(await soon(served)).toBe(true);
  board.brought('vast-1', 'hex8_2p');
  const [near] = board.of('vast-2', 'hex8_2p')?.from ?? [];
  expect(await soon(near?.ended)).toBe(false);
  // Its turn comes: whoever waits for it goes on waiting for the same.
  board.begin([target('vast-1')]);
  board.ended('vast-1', 'hex8_2p');
  expect(await soon(near?.ended)).toBe(true);
});

it('knows no way where nothing is relayed, and none through a node that is gone', () => {
  expect(createRelayBoard({}, () => nodes).of('vast-1', 'hex8_2p')).toBeUndefined();
  const board = createRelayBoard({ relay }, () => nodes.filter(({ name }) => name !== 'vast-1'));
  expect(board.of('vast-2', 'hex8_2p')?.from.map(({ node }) => node.name)).toEqual(['mac-studio']);
});
