import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containers, misfit } from '../../src/facts/container.ts';
import { pathWithout } from '../jobs/node-here.ts';
import { runFact, type ShellOptions } from './run-fact.ts';

const folder = join(import.meta.dirname, '..', 'support', 'checkpoints');
const names = readdirSync(folder).filter((name) => name.endsWith('.pth'));

async function look(options?: ShellOptions) {
  const { dev, ino } = statSync(folder);
  return runFact(containers(folder, `${dev}:${ino}`, names), options);
}

describe('a container', () => {
  it('is told whole or not, and what it says of itself, without running anything', async () => {
    const seen = await look();
    const whole = names.filter((name) => seen.get(name)?.whole).toSorted();
    expect(whole).toEqual([
      'bare_state_dict.pth',
      'good.pth',
      'numpy_scalar.pth',
      'runs_code_when_unpickled.pth',
      'wrong_board.pth',
    ]);
    expect(seen.get('good.pth')).toMatchObject({ board: 'hex8', players: 2 });
    expect(seen.get('runs_code_when_unpickled.pth')).toMatchObject({ board: 'hex8', players: 2 });
    expect(seen.get('bare_state_dict.pth')).toMatchObject({ board: null, players: null });
    expect(existsSync(join(folder, 'checkpoint-was-unpickled'))).toBe(false);
    expect(existsSync('/checkpoint-was-unpickled')).toBe(false);
  });

  it('that names another model does not fit its name', async () => {
    const seen = await look();
    const [good, wrong, bare] = ['good.pth', 'wrong_board.pth', 'bare_state_dict.pth'].map((name) => seen.get(name));
    if (!good || !wrong || !bare) throw new Error('a fixture is missing');
    expect(misfit(good, 'hex8_2p')).toBeUndefined();
    expect(misfit(good, 'hex8_3p')).toContain('2 players');
    expect(misfit(wrong, 'hex8_2p')).toContain('square8');
    expect(misfit(bare, 'hex8_2p')).toBeUndefined();
    expect(misfit({ ...good, board: 'BoardType.SQ8' }, 'square8_2p')).toBeUndefined();
    expect(misfit(wrong, 'v2-champion')).toBeUndefined();
  });

  it('is tested as far as unzip, or nothing, can where there is no python3', async () => {
    const own = mkdtempSync(join(tmpdir(), 'medic-container-'));
    try {
      const unzip = await look({ env: { PATH: pathWithout(own, ['python3']) } });
      expect([
        unzip.get('good.pth')?.whole,
        unzip.get('flipped_byte.pth')?.whole,
        unzip.get('truncated.pth')?.whole,
      ]).toEqual([true, false, false]);
      const nothing = await look({ env: { PATH: pathWithout(own, ['python3', 'unzip']) } });
      expect(nothing.get('flipped_byte.pth')).toMatchObject({
        whole: true,
        detail: expect.stringContaining('nothing there to test'),
      });
      expect([nothing.get('truncated.pth')?.whole, nothing.get('html_error.pth')?.whole]).toEqual([false, false]);
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });
});
