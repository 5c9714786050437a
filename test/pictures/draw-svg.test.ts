import { expect, it } from 'vitest';
import { matrixSvg } from '../../src/domain/matrix-picture.ts';
import { drawSvg } from '../../src/pictures/draw-svg.ts';
import { aScope } from '../support/builders/entries.ts';

const about = { cluster: 'ringrift', at: '2026-03-01T12:00:00.000Z' };

async function drawn(node: string): Promise<Buffer> {
  const look = {
    scope: aScope({ models: ['hex8_2p'], nodes: [node] }),
    report: { findings: [], unknown: [], notes: [] },
  };
  return Buffer.from(await drawSvg(matrixSvg(look, about)));
}

it('draws a PNG of the width of the picture, with letters in it', async () => {
  const [one, other, again] = await Promise.all([drawn('vast-1'), drawn('vast-2'), drawn('vast-1')]);
  expect(one.subarray(1, 4).toString()).toBe('PNG');
  expect(one.readUInt32BE(16)).toBe(1_080);
  expect(one.equals(again)).toBe(true);
  // Without a font both would be the same picture.
  expect(one.equals(other)).toBe(false);
});

it('draws whatever a node is called', async () => {
  for (const name of ['</text><script>', '&amp;&#0;', '\u0000\uffff\ud800', '"\'>', '😀 מודל'])
    expect((await drawn(name)).length).toBeGreaterThan(1_000);
});

it('says so when it is no SVG', async () => {
  await expect(drawSvg('<svg')).rejects.toThrow();
});
