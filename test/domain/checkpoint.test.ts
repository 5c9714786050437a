import { describe, expect, it } from 'vitest';
import { type Checkpoint, checkpointFault } from '../../src/domain/checkpoint.ts';

const SOUND: Checkpoint = {
  fault: null,
  read: true,
  detail: 'every checksum inside is right',
  bytes: 2_000_000,
  board: 'hex8',
  players: 2,
  torchVersion: null,
  metadataKeys: [],
  globals: ['collections.OrderedDict', 'torch._utils._rebuild_tensor_v2', 'torch.FloatStorage'],
  fileVersion: '3',
  byteOrder: null,
};

describe('a checkpoint', () => {
  it.each<[string, Partial<Checkpoint>, string, string | undefined]>([
    ['as its name says', {}, 'hex8_2p', undefined],
    ['another number of players', {}, 'hex8_3p', '2 players'],
    ['another board', { board: 'square8' }, 'hex8_2p', 'square8'],
    ['the cluster’s other word for a board', { board: 'BoardType.SQ8' }, 'square8_2p', undefined],
    ['no metadata', { board: null, players: null }, 'hex8_2p', undefined],
    ['a name that promises nothing', {}, 'v2-champion', undefined],
    ['what is wrong outside comes first', { fault: 'format_corrupt', board: 'square8' }, 'hex8_2p', 'every checksum'],
    ['then what it asks for', { globals: ['os.system'], board: 'square8' }, 'hex8_2p', 'os.system'],
    ['many strange names', { globals: ['a.a', 'b.b', 'c.c', 'd.d', 'e.e'] }, 'hex8_2p', 'and 2 more'],
    ['too few bytes', { bytes: 999_999 }, 'hex8_2p', 'too few'],
  ])('%s', (_, over, model, words) => {
    const fault = checkpointFault({ ...SOUND, ...over }, model);
    if (words === undefined) expect(fault).toBeUndefined();
    else expect(fault?.words).toContain(words);
  });
});
