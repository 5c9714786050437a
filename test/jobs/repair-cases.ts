import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { Expected } from '../../src/domain/expected.ts';
import { bytesOf, goodExpectation, type NodeHere } from './node-here.ts';

/** Alias and canonical name of the model that the cases break. */
export const A = 'ringrift_best_hex8_2p.pth';
export const C = 'canonical_hex8_2p.pth';
const OTHER = 'canonical_hex8_4p.pth';

/** A fault, what checks must find, which repair is chosen, and its steps or the code of its refusal. */
export type RepairCase = {
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

/** Every fault of a models folder that a repair has to judge. */
export const repairCases: Record<string, RepairCase> = {
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
  'folder empty': {
    fault: (here) => {
      for (const name of readdirSync(here.models)) rmSync(here.path(name), { recursive: true });
    },
    finds: ['models_folder_empty'],
    repair: 'fill-node',
    steps: ['send', 'set-alias', 'send', 'set-alias'],
  },
  'no model, but other things in the folder': {
    fault: (here) => {
      for (const name of readdirSync(here.models)) rmSync(here.path(name), { recursive: true });
      writeFileSync(here.path('notes.txt'), 'x');
    },
    finds: ['models_folder_empty'],
    repair: 'fill-node',
    steps: ['send', 'set-alias', 'send', 'set-alias'],
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
