import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { canonicalName, checkpointOf } from '../../src/demo/fleet/models.ts';
import { readStoredZip, writeStoredZip } from '../../src/demo/fleet/stored-zip.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, me, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';

const FILE = canonicalName('hex8_2p');
/** What a slow link has brought when something happens to it. */
const PART_BYTES = 500_000;
const PADDING_BYTES = 5_000_000;

describe.skipIf(!hasTool('sshd') || !hasTool('redis'))('a transfer in the middle of which', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const medic = (...words: string[]) => runMedic(config, words);
  const models = (node: string): string => site.node(node).modelsDir;
  const path = (node: string): string => join(models(node), FILE);
  const [right, old, newer] = [heavy(1), heavy(7), heavy(9)];

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p']);
    config = await site.configure('broken', [
      `roles: { operators: [], approvers: ["${me}"] }`,
      'approvals: { selfApproval: cli }',
      // One megabyte a second.
      'transports: { nodeMbit: { vast: 8 } }',
      'limits: { diskWarnPercent: 100, changesPerNodeHour: 1000 }',
    ]);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
    for (const node of ['mac-studio', 'vast-1']) {
      writeFileSync(path(node), right);
      rmSync(`${path(node)}.sha256`);
    }
    await medic('check');
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  /** Plans and approves sending the model; `happens` when part of it has arrived. The final name is watched all the time. */
  async function send(happens?: () => Promise<void> | void) {
    const planned = await medic('distribute', 'hex8_2p', 'to', 'vast-1', '--transport', 'stream', '--force', '--json');
    const [plan = {}] = listIn(planned.json['plans']);
    expect(planned.stdout + planned.stderr).toContain('hash');
    const seen = new Set<string>();
    const watch = setInterval(() => seen.add(nameOf(readFileSync(path('vast-1')))), 40);
    onTestFinished(() => clearInterval(watch));
    const running = medic('approve', text(plan['hash']), '--json');
    if (happens !== undefined) {
      const early = running.then((run) => Promise.reject(new Error(`it ended first: ${run.stdout}${run.stderr}`)));
      await Promise.race([
        early,
        until('part of the file is there', () =>
          temporaries().some((name) => statSync(join(models('vast-1'), name)).size > PART_BYTES),
        ),
      ]);
      await happens();
    }
    const ended = await running;
    clearInterval(watch);
    const receipt = (ended.json['receipt'] ?? {}) as Record<string, unknown>;
    const [target = {}] = listIn(receipt['targets']);
    return { exit: ended.exit, seen: [...seen], outcome: text(target['outcome']), detail: text(target['detail']) };
  }

  function temporaries(): string[] {
    return readdirSync(models('vast-1')).filter((name) => name.startsWith('.medic-'));
  }

  function nameOf(bytes: Buffer): string {
    return bytes.equals(right) ? 'right' : bytes.equals(old) ? 'old' : 'wrong';
  }

  async function arrivesNow(): Promise<void> {
    const again = await send();
    expect(again).toMatchObject({ exit: 0, outcome: 'verified' });
    expect(again.seen).not.toContain('wrong');
    expect(nameOf(readFileSync(path('vast-1')))).toBe('right');
    expect(temporaries()).toEqual([]);
  }

  it('the source changes leaves the old file in place and says so', async () => {
    writeFileSync(path('vast-1'), old);
    const { mtime } = statSync(path('mac-studio'));
    const run = await send(() => writeFileSync(path('mac-studio'), newer));
    expect(run.seen).toEqual(['old']);
    expect(run.exit).not.toBe(0);
    expect(run.outcome).toBe('rolled_back');
    expect(run.detail).toMatch(/digest|changed|other/);
    writeFileSync(path('mac-studio'), right);
    utimesSync(path('mac-studio'), mtime, mtime);
    await arrivesNow();
  });

  it('the node dies is told as it is, and is made again when it is back', async () => {
    writeFileSync(path('vast-1'), old);
    const run = await send(() => site.node('vast-1').stop());
    expect(run.seen).toEqual(['old']);
    expect(run.exit).not.toBe(0);
    // No name was changed: what lies there is a temporary file, which a later look finds.
    expect(`${run.outcome}: ${run.detail}`).toMatch(/^(lost|rolled_back): .*(connection|answer|refused|closed)/);
    await site.node('vast-1').start();
    await arrivesNow();
  });
});

/** A sound checkpoint that is so large that sending it takes a while. */
function heavy(generation: number): Buffer {
  const entries = readStoredZip(checkpointOf('hex8_2p', generation));
  return writeStoredZip([
    ...entries,
    { name: 'canonical_hex8_2p/data/99', data: Buffer.alloc(PADDING_BYTES, generation) },
  ]);
}
