import { expect, it } from 'vitest';
import type { LookContext } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { openFiles } from '../../src/engine/open-files.ts';
import { aTarget } from '../support/builders/plans.ts';

const models = ['hex8_2p', 'hex8_4p'].map((name) => ({ name, canonical: `${name}.pth`, alias: `best_${name}.pth` }));
// Of a context nothing else is read here.
const context = { models } as unknown as LookContext;

it('counts a process once, asks for the models of the plan alone, and says where nobody can tell', async () => {
  const asked: string[][] = [];
  const files = await openFiles(
    {
      async holdersLook({ models: wanted }) {
        asked.push(wanted.map(({ name }) => name));
        if (asked.length === 2) throw new Fault('no_tool', 'no /proc');
        if (asked.length === 3) return new Map();
        return new Map([['hex8_2p', new Set([11, 12])]]);
      },
    },
    ['vast-1', 'mac-1', 'vast-3'].map((node) => ({ target: aTarget(node), context })),
  );
  expect(asked).toEqual([['hex8_2p'], ['hex8_2p'], ['hex8_2p']]);
  expect(files).toEqual({ open: [{ node: 'vast-1', models: ['hex8_2p'], processes: 2 }], unsure: ['mac-1'] });
});
