import { rmSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { aliasName, canonicalName, checkpointOf } from '../../../src/demo/fleet/models.ts';

/** Models that every healthy node has. */
export const filled = ['hex8_2p', 'hex8_4p'];
/** Models that the cluster knows and nobody has. */
export const unmade = ['square8_2p', 'square8_3p'];

/** How to break a node so that exactly this repair is planned, and how many steps it takes. */
export const scenarios: Readonly<
  Record<string, { readonly steps: number; readonly damage: (path: (name: string) => string) => void }>
> = {
  'fill-node': { steps: 5, damage: (path) => rmSync(path(''), { recursive: true }) },
  'resync-model': {
    steps: 3,
    damage(path) {
      truncateSync(path(canonicalName('hex8_2p')), 100_000);
      unlinkSync(path(aliasName('hex8_2p')));
      unlinkSync(path(canonicalName('hex8_4p')));
    },
  },
  'replace-alias-file': {
    steps: 2,
    damage(path) {
      writeFileSync(path(canonicalName('hex8_2p')), checkpointOf('hex8_2p', 8));
      unlinkSync(path(aliasName('hex8_2p')));
      writeFileSync(path(aliasName('hex8_2p')), checkpointOf('hex8_2p', 7));
    },
  },
  'link-aliases': {
    steps: 2,
    damage(path) {
      unlinkSync(path(aliasName('hex8_2p')));
      unlinkSync(path(aliasName('hex8_4p')));
      symlinkSync(canonicalName('hex8_2p'), path(aliasName('hex8_4p')));
    },
  },
  'clear-leftovers': {
    steps: 2,
    damage(path) {
      const longAgo = 1_700_000_000;
      for (const sign of ['a', 'b']) {
        writeFileSync(path(`.medic-${sign.repeat(32)}`), 'a part of a model');
        utimesSync(path(`.medic-${sign.repeat(32)}`), longAgo, longAgo);
      }
    },
  },
  'retire-alias': {
    steps: 2,
    damage(path) {
      for (const config of unmade) symlinkSync(canonicalName(config), path(aliasName(config)));
    },
  },
};
