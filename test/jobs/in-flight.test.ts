import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelFormat } from '../../jobs/checks/model-format.ts';
import { resyncModel } from '../../jobs/repairs/resync-model.ts';
import type { LookContext } from '../../src/contract/job.ts';
import { chooseRepair, sourceLook } from '../../src/registry/jobs.ts';
import { readHere } from '../facts/run-fact.ts';
import { bytesOf, createNodeHere, goodExpectation, type NodeHere, pathWithout } from './node-here.ts';
import { A, C } from './repair-cases.ts';

let here: NodeHere;
beforeEach(() => {
  here = createNodeHere();
});
afterEach(() => here.close());

/** A read between whose two looks somebody else does this. */
function readWhile(action: string): LookContext['read'] {
  const sleep = `#!/bin/sh\ncd '${here.models}' || exit 1\n${action}\n`;
  return readHere({ env: { PATH: pathWithout(here.folder, [], { sleep }) } });
}

const TORN = bytesOf('hex8_2p', 1_050_000);
const faults: Record<string, { readonly fault: () => void; readonly writes: string }> = {
  'a file that is copied over its name': {
    fault: () => writeFileSync(here.path(C), TORN),
    writes: `printf more >>${C}`,
  },
  'other bytes, still changing': {
    fault: () => writeFileSync(here.path(C), bytesOf('else')),
    writes: `printf x | dd of=${C} bs=1 conv=notrunc 2>/dev/null`,
  },
  'a missing model that rsync is sending': {
    fault: () => {
      renameSync(here.path(C), here.path(`.${C}.AbC123`));
      writeFileSync(here.path(`.${C}.AbC123`), TORN);
    },
    writes: `printf more >>.${C}.AbC123`,
  },
  'another model that rsync is replacing': {
    fault: () => {
      writeFileSync(here.path(C), bytesOf('else'));
      writeFileSync(here.path(`.${C}.AbC123`), TORN);
    },
    writes: `printf more >>.${C}.AbC123`,
  },
};

describe.each(Object.entries(faults))('%s', (_, { fault, writes }) => {
  it('is in flight: no other fault of the model, and nothing is planned', async () => {
    fault();
    const read = readWhile(writes);
    const { findings } = await here.look({ read });
    const told = findings.filter(({ subject }) => subject === C);
    expect(told.map(({ code, severity }) => [code, severity])).toEqual([['model_in_flight', 'warning']]);
    expect(chooseRepair(findings, goodExpectation('hex8_2p'))).toBeUndefined();
    expect(await resyncModel.plan(here.context({ read }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'model_in_flight' },
    });
  });

  it('is the fault that it looks like once nobody writes any more', async () => {
    fault();
    const { findings } = await here.look();
    expect(findings.map(({ code }) => code)).not.toContain('model_in_flight');
    expect(findings.map(({ subject }) => subject)).toContain(C);
    expect(await resyncModel.plan(here.context())).toMatchObject({ kind: 'steps' });
  });
});

describe('a file that is written while it is hashed', () => {
  it('is in flight', async () => {
    writeFileSync(here.path(C), bytesOf('else'));
    const openssl = `#!/bin/sh\necho x >>'${here.path(C)}'\nexec /usr/bin/openssl "$@"\n`;
    const read = readHere({ env: { PATH: pathWithout(here.folder, [], { openssl }) } });
    const { findings, unknown } = await here.look({ read });
    expect(findings.find(({ subject }) => subject === C)).toMatchObject({ code: 'model_in_flight' });
    expect(unknown).toEqual([]);
    writeFileSync(here.path(C), bytesOf('else'));
    expect(await resyncModel.plan(here.context({ read }))).toMatchObject({ refusal: { code: 'model_in_flight' } });
  });
});

describe('what is inside', () => {
  it('is not called broken while it is written', async () => {
    writeFileSync(here.path(C), bytesOf('else'));
    const read = readWhile(`printf x | dd of=${C} bs=1 conv=notrunc 2>/dev/null`);
    const writing = await modelFormat.run(here.context({ read }));
    expect(writing.findings.find(({ subject }) => subject === C)).toMatchObject({ code: 'model_in_flight' });
    const still = await modelFormat.run(here.context());
    expect(still.findings.find(({ subject }) => subject === C)?.code).toMatch(/^format_/);
  });
});

describe('the source', () => {
  it('is in flight while its file is written, and then nothing is sent from it', async () => {
    appendFileSync(here.path(C), 'x');
    const { node } = here.context();
    const seen = await sourceLook({ node, models: here.all, read: readWhile(`printf more >>${C}`), ledger: null });
    expect(seen.get('hex8_2p')).toMatchObject({ kind: 'in_flight', node: 'vast-1' });
    expect(seen.get('hex8_4p')).toMatchObject({ kind: 'file' });
    const source = { kind: 'in_flight', node: 'mac-studio', detail: 'it changes' } as const;
    here.expect('hex8_2p', { source });
    rmSync(here.path(C));
    rmSync(here.path(A));
    expect(await resyncModel.plan(here.context())).toMatchObject({ refusal: { code: 'model_in_flight' } });
  });
});
