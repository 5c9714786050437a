import { describe, expect, it } from 'vitest';
import { takeCluster, whichCluster } from '../../src/domain/in-cluster.ts';

const clusters = ['ringrift', 'ringrift-eu'];

describe('in <cluster>', () => {
  it.each([
    ['check hex8_2p on vast-* in ringrift-eu', 'check hex8_2p on vast-*', 'ringrift-eu'],
    ['check in ringrift hex8_2p', 'check hex8_2p', 'ringrift'],
    ['silence hex8_2p for 2h because of work in ringrift-eu', 'silence hex8_2p for 2h because of work', 'ringrift-eu'],
    ['fix in ringrift in ringrift', 'fix', 'ringrift'],
    ['check', 'check', undefined],
    ['lock vast-1 because in repair', 'lock vast-1 because in repair', undefined],
    ['check in', 'check in', undefined],
  ])('%s', (text, words, cluster) => {
    expect(takeCluster(text.split(' '), clusters)).toEqual({ ok: true, words: words.split(' '), cluster });
  });

  it('refuses two clusters, and a slip at the end with what was probably meant', () => {
    expect(takeCluster(['fix', 'in', 'ringrift', 'in', 'ringrift-eu'], clusters)).toMatchObject({
      refusal: { code: 'usage', text: expect.stringContaining('ringrift and ringrift-eu: say one cluster') },
    });
    expect(takeCluster(['fix', 'in', 'ringrift-ue'], clusters)).toMatchObject({
      refusal: { text: '"ringrift-ue" is no cluster here. Did you mean ringrift-eu? Nothing was run.' },
    });
  });

  it('never stands in the place of the command, whose right is asked for', () => {
    expect(takeCluster(['in', 'ringrift', 'fix'], clusters)).toMatchObject({ words: ['in', 'ringrift', 'fix'] });
  });

  it('is asked for by name', () => {
    expect(whichCluster(clusters).text).toBe(
      'Which cluster? Say in ringrift or in ringrift-eu at the end. Nothing was run.',
    );
  });
});
