import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Expected } from '../../src/domain/expected.ts';
import { hashPlan } from '../../src/domain/plan.ts';
import { chooseRepair, repairs } from '../../src/registry/jobs.ts';
import { bytesOf, createNodeHere, goodExpectation, type NodeHere, RECEIPT } from './node-here.ts';

const A = 'ringrift_best_hex8_2p.pth';
const C = 'canonical_hex8_2p.pth';
const OTHER = 'canonical_hex8_4p.pth';

type Case = {
  readonly fault: (here: NodeHere) => void;
  readonly finds: readonly string[];
  readonly repair: string | undefined;
  readonly steps?: readonly string[];
  readonly refused?: string;
};

const linked = (text: string) => (here: NodeHere) => {
  rmSync(here.path(A), { force: true });
  symlinkSync(text, here.path(A));
};

const CASES: Record<string, Case> = {
  'alias missing': {
    fault: (here) => rmSync(here.path(A)),
    finds: ['alias_missing'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias leads to another model': {
    fault: linked(OTHER),
    finds: ['alias_wrong_target'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias dangles': {
    fault: linked('canonical_hex8_2p_v2.pth'),
    finds: ['alias_dangling'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias is a loop': { fault: linked(A), finds: ['alias_loop'], repair: 'link-aliases', steps: ['set-alias'] },
  'alias has a hostile text': {
    fault: linked('no\nsuch "$(touch x)" `id`; -rf \n'),
    finds: ['alias_dangling'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias text begins with a dash': {
    fault: linked('-f'),
    finds: ['alias_dangling'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias text begins with the token word': {
    fault: linked('link:x'),
    finds: ['alias_dangling'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias leads to a folder': {
    fault: (here) => {
      mkdirSync(here.path('somewhere'));
      linked('somewhere')(here);
    },
    finds: ['alias_wrong_target'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias is an absolute path to the right file': {
    fault: (here) => linked(here.path(C))(here),
    finds: ['alias_wrong_target'],
    repair: 'link-aliases',
    steps: ['set-alias'],
  },
  'alias is a regular file': {
    fault: (here) => {
      rmSync(here.path(A));
      writeFileSync(here.path(A), 'an old copy');
    },
    finds: ['alias_not_a_link'],
    repair: 'replace-alias-file',
    steps: ['set-alias'],
  },
  'alias is a folder': {
    fault: (here) => {
      rmSync(here.path(A));
      mkdirSync(here.path(A));
    },
    finds: ['alias_not_a_link'],
    repair: 'replace-alias-file',
    refused: 'canonical_in_the_way',
  },
  'model missing': {
    fault: (here) => rmSync(here.path(C)),
    finds: ['model_missing', 'alias_dangling'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'model and alias missing': {
    fault: (here) => {
      rmSync(here.path(C));
      rmSync(here.path(A));
    },
    finds: ['model_missing', 'alias_missing'],
    repair: 'resync-model',
    steps: ['send', 'set-alias'],
  },
  'model cut short': {
    fault: (here) => truncateSync(here.path(C), 1_050_000),
    finds: ['model_truncated'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'model almost empty': {
    fault: (here) => truncateSync(here.path(C), 12),
    finds: ['model_truncated'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'other bytes of the same size': {
    fault: (here) => writeFileSync(here.path(C), bytesOf('else')),
    finds: ['digest_mismatch'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'other bytes and longer': {
    fault: (here) => writeFileSync(here.path(C), bytesOf('else', 1_200_000)),
    finds: ['digest_mismatch'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'other bytes and the alias a file': {
    fault: (here) => {
      writeFileSync(here.path(C), bytesOf('else'));
      rmSync(here.path(A));
      writeFileSync(here.path(A), bytesOf('old'));
    },
    finds: ['digest_mismatch', 'alias_not_a_link'],
    repair: 'replace-alias-file',
    steps: ['send', 'set-alias'],
  },
  'an earlier model, shorter than the promoted one': {
    fault: (here) => {
      writeFileSync(here.path(C), bytesOf('earlier', 1_000_100));
      here.expect('hex8_2p', afterAnEarlier(bytesOf('earlier', 1_000_100)));
    },
    finds: ['model_outdated'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'other bytes in the size of an earlier model': {
    fault: (here) => {
      writeFileSync(here.path(C), bytesOf('else', 1_000_100));
      here.expect('hex8_2p', afterAnEarlier(bytesOf('earlier', 1_000_100)));
    },
    finds: ['digest_mismatch'],
    repair: 'resync-model',
    steps: ['send'],
  },
  'canonical is a folder': {
    fault: (here) => {
      rmSync(here.path(C));
      mkdirSync(here.path(C));
    },
    finds: ['model_missing'],
    repair: 'resync-model',
    refused: 'canonical_in_the_way',
  },
  'source unknown': {
    fault: (here) => {
      rmSync(here.path(C));
      here.expect('hex8_2p', { source: { kind: 'unknown', node: 'mac-studio', detail: 'timeout' } });
    },
    finds: ['model_missing', 'alias_dangling'],
    repair: 'resync-model',
    refused: 'source_bad',
  },
  'no such model anywhere, alias left': {
    fault: (here) => {
      rmSync(here.path(C));
      const record = { model: 'hex8_2p', current: null, candidate: null, earlier: [] };
      here.expect('hex8_2p', { record, source: { kind: 'absent', node: 'mac-studio' } });
    },
    finds: ['alias_dangling'],
    repair: 'retire-alias',
    steps: ['retire-alias'],
  },
  'every link dead at once': {
    fault: (here) => {
      rmSync(here.path(C));
      rmSync(here.path(OTHER));
    },
    finds: ['model_missing', 'alias_dangling', 'model_missing', 'alias_dangling'],
    repair: 'resync-model',
    refused: 'mount_suspect',
  },
  'folder missing': {
    fault: (here) => rmSync(here.models, { recursive: true }),
    finds: ['models_folder_missing'],
    repair: 'fill-node',
    steps: ['make-folder', 'send', 'set-alias', 'send', 'set-alias'],
  },
  'everything around it missing': {
    fault: (here) => rmSync(here.folder, { recursive: true }),
    finds: ['models_folder_missing'],
    repair: 'fill-node',
    refused: 'mount_suspect',
  },
  'a healthy node': { fault: () => undefined, finds: [], repair: undefined },
};

function afterAnEarlier(bytes: Buffer): Pick<Expected, 'record'> {
  const { record } = goodExpectation('hex8_2p');
  if (record.current === null) throw new Error('this case needs a record');
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { record: { ...record, earlier: [{ ...record.current, digest, bytes: bytes.length }] } };
}

const open: NodeHere[] = [];
afterEach(() => {
  for (const here of open.splice(0)) here.close();
});

function nodeHere(...args: Parameters<typeof createNodeHere>): NodeHere {
  const here = createNodeHere(...args);
  open.push(here);
  return here;
}

async function planned(here: NodeHere, one: Case) {
  const { findings } = await here.look();
  expect(findings.map(({ code }) => code).toSorted()).toEqual([...one.finds].toSorted());
  const group = findings.filter(({ model }) => model === undefined || model === 'hex8_2p');
  const expected = here.context().expected.get('hex8_2p');
  if (expected === undefined) throw new Error('no expectation');
  expect(chooseRepair(group, expected)).toBe(one.repair);
  const repair = repairs.find(({ name }) => name === one.repair);
  if (repair === undefined) return undefined;
  const models = here.all.filter(({ name }) =>
    findings.some((finding) => finding.model === undefined || finding.model === name),
  );
  const plan = () => repair.plan(here.context({ models }));
  return { repair, group, plan, outcome: await plan(), models };
}

describe.each(Object.entries(CASES))('%s', (_, one) => {
  it('is found, planned, repaired, verified and undone', async () => {
    const here = nodeHere();
    one.fault(here);
    const before = existsSync(here.folder) ? here.tree() : {};
    const made = await planned(here, one);
    if (made === undefined) return;
    const { repair, outcome, plan, models, group } = made;
    if (outcome.kind !== 'steps') {
      expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: one.refused } });
      expect(existsSync(here.folder) ? here.tree() : {}).toEqual(before);
      return;
    }
    const { target } = outcome;
    expect(target.steps.map((step) => (step.kind === 'transfer' ? 'send' : step.argv[0]))).toEqual(one.steps);
    expect(target.cures.toSorted()).toEqual(group.map(({ id }) => id).toSorted());
    expect(await plan()).toEqual(outcome);
    const header = {
      cluster: 'ringrift',
      repair: repair.name,
      summary: repair.describe([target]),
      risk: repair.risk,
      source: {},
      batches: [1],
      failureBudget: 0,
      verify: [...repair.verify],
    };
    expect(hashPlan({ ...header, targets: [target] })).toMatch(/^[0-9a-f]{64}$/);

    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect((await here.look({ fresh: true })).findings).toEqual([]);
    expect(await repair.plan(here.context({ models }))).toMatchObject({
      kind: repair.name === 'fill-node' ? 'refused' : 'nothing',
    });
    for (const { code, stderr } of await here.forward(target)) expect(`${code} ${stderr}`).toMatch(/^10 /);
    expect((await here.look({ fresh: true })).findings).toEqual([]);

    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(withoutEmptyFolder(here.tree(), before)).toEqual(before);
    for (const { code, stderr } of await here.undo(target)) expect(`${code} ${stderr}`).toBe('0 ');
    expect(withoutEmptyFolder(here.tree(), before)).toEqual(before);
  });
});

/** A folder that was made stays when it holds what was kept, empty but for that; leftover temporaries of the refused repeat go too. */
function withoutEmptyFolder(tree: Record<string, string>, before: Record<string, string>): Record<string, string> {
  const entries = Object.entries(tree).filter(([name]) => !name.includes('/.medic-'));
  const only = Object.fromEntries(entries);
  if (!('models' in before) && entries.length === 1) delete only['models'];
  return only;
}

describe('what is replaced', () => {
  it('is kept byte for byte under names that the cluster does not scan', async () => {
    const here = nodeHere();
    rmSync(here.path(A));
    writeFileSync(here.path(A), 'an old copy');
    writeFileSync(here.path(C), bytesOf('else'));
    const inode = statSync(here.path(A)).ino;
    const outcome = await repairs.find(({ name }) => name === 'replace-alias-file')?.plan(here.context());
    if (outcome?.kind !== 'steps') throw new Error('no plan');
    await here.forward(outcome.target);
    const room = here.path(`.medic/quarantine/${RECEIPT}`);
    expect(readFileSync(`${room}/${A}.kept`, 'utf8')).toBe('an old copy');
    expect(statSync(`${room}/${A}.kept`).ino).toBe(inode);
    expect(readFileSync(`${room}/${C}.kept`).equals(bytesOf('else'))).toBe(true);
    expect(statSync(here.path('.medic')).mode & 0o777).toBe(0o700);
    expect(statSync(here.path(C)).mtimeMs).toBe(1_700_000_000_000);
    expect(statSync(here.path(C)).mode & 0o777).toBe(0o644);
    expect(readlinkSync(here.path(A))).toBe(C);
    expect(lstatSync(here.path(A)).isSymbolicLink()).toBe(true);
  });
});
