import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalName } from '../../src/demo/fleet/models.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/redis/embedded-redis.ts';
import { hasTool } from '../support/fleet/tools.ts';
import { listIn, objectIn, text } from '../support/flow/answer-fields.ts';
import { runMedic } from '../support/flow/children.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { sha256, treeOf } from '../support/flow/tree.ts';

const FILE = canonicalName('hex8_2p');
const LEGACY = join(import.meta.dirname, '..', 'support', 'checkpoints', 'legacy_format.pth');
/** Whether two files hold the same values, as torch tells it. */
const SAME = `
import sys, torch
a, b = (torch.load(name, map_location="cpu", weights_only=True) for name in sys.argv[1:])
assert list(a) == list(b) and a["_versioning_metadata"] == b["_versioning_metadata"]
one, two = a["model_state_dict"], b["model_state_dict"]
assert list(one) == list(two) and all(torch.equal(one[key], two[key]) for key in one)
print("same")
`;
/** A file of the old format that runs something when it is unpickled without care. */
const EVIL = `
import os, sys, torch
class Evil:
    def __reduce__(self): return os.system, ("touch " + sys.argv[2],)
torch.save({"model_state_dict": {"w": torch.zeros(300000)}, "x": Evil()}, sys.argv[1], _use_new_zipfile_serialization=False)
`;

describe.skipIf(!hasTool('sshd') || !hasTool('redis') || !hasTool('torch'))('a model of the old format', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  let config: string;
  let redis: EmbeddedRedis;
  const path = (node: string, name = FILE): string => join(site.node(node).modelsDir, name);
  const medic = (...words: string[]) => runMedic(config, words);

  beforeAll(async () => {
    const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
    site = await startSite([coordinator, { name: 'vast-1' }], ['hex8_2p']);
    config = await site.configure('re-export', soleApprover);
    redis = await startEmbeddedRedis({ stateDir: configOf(config).stateDir });
  });

  afterAll(async () => {
    await redis?.close();
    await site?.close();
  });

  it('that asks for more than weights is never saved anew, and nothing of it runs', async () => {
    const ran = join(site.node('mac-studio').modelsDir, 'RAN');
    execFileSync('/usr/bin/python3', ['-c', EVIL, path('mac-studio'), ran]);
    rmSync(ran, { force: true });
    const { json } = await medic('fix', '--json');
    expect(listIn(json['plans'])).toEqual([]);
    expect(JSON.stringify(json)).toContain('cannot be saved anew');
    expect(existsSync(ran)).toBe(false);
  });

  it('is told on the coordinator, saved anew by a plan, value by value the same, and then sent', async () => {
    for (const node of ['mac-studio', 'vast-1']) {
      copyFileSync(LEGACY, path(node));
      utimesSync(path(node), 1_700_000_000, 1_700_000_000);
    }
    const seen = await medic('check', '--json');
    const codes = listIn(seen.json['findings']).map((one) => `${text(one['node'])} ${text(one['code'])}`);
    expect(codes).toEqual(['mac-studio format_legacy']);

    const before = treeOf(site.node('mac-studio').modelsDir);
    const asked = await medic('fix', '--json');
    const [plan = {}, ...more] = listIn(asked.json['plans']);
    expect(more, asked.stdout).toEqual([]);
    expect(plan).toMatchObject({ risk: 'replaces-weights' });
    expect(text(plan['summary'])).toMatch(/^save hex8_2p as [0-9a-f]{4}….{4} anew/);
    // Nothing was written to make the plan.
    expect(treeOf(site.node('mac-studio').modelsDir)).toEqual(before);

    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit, run.stdout).toBe(0);
    expect(readFileSync(path('mac-studio')).subarray(0, 2).toString()).toBe('PK');
    expect(statSync(path('mac-studio')).mtimeMs).toBe(1_700_000_000_000);
    expect(execFileSync('/usr/bin/python3', ['-c', SAME, path('mac-studio'), LEGACY]).toString()).toBe('same\n');
    const receipt = text(objectIn(run.json['receipt'])['id']);
    const kept = join(site.node('mac-studio').modelsDir, '.medic', 'quarantine', receipt, `${FILE}.kept`);
    expect(sha256(readFileSync(kept))).toBe(sha256(readFileSync(LEGACY)));
    expect((await medic('history', 'hex8_2p')).stdout).toContain('saved anew by torch');

    // The node that still has the old bytes is an ordinary case now.
    const rest = await medic('fix', '--json');
    for (const { hash } of listIn(rest.json['plans'])) expect((await medic('approve', text(hash))).exit).toBe(0);
    expect(sha256(readFileSync(path('vast-1')))).toBe(sha256(readFileSync(path('mac-studio'))));
    expect((await medic('check')).exit).toBe(0);
  });

  it('leaves everything as it was when another torch would make other bytes', async () => {
    copyFileSync(LEGACY, path('mac-studio'));
    // The record knows the new one; nobody holds it, so the old file is saved anew again.
    rmSync(path('vast-1'));
    rmSync(join(site.node('mac-studio').modelsDir, '.medic'), { recursive: true });
    rmSync(join(site.node('vast-1').modelsDir, '.medic'), { recursive: true, force: true });
    const asked = await medic('fix', '--json');
    const plan = listIn(asked.json['plans']).find((one) => text(one['repair']) === 're-export') ?? {};
    const venv = join(site.node('mac-studio').modelsDir, '..', 'venv', 'bin');
    execFileSync('mkdir', ['-p', venv]);
    // It makes one byte more of whatever it saves.
    writeFileSync(
      join(venv, 'python'),
      `#!/bin/sh
[ $# -lt 5 ] || set -- "$1" "$2" "$(printf '%s' "$3" | sed 's/made = buffer.getvalue()/made = buffer.getvalue() + b"x"/')" "$4" "$5" "$6"
exec /usr/bin/python3 "$@"
`,
      { mode: 0o755 },
    );
    const before = treeOf(site.node('mac-studio').modelsDir);
    const run = await medic('approve', text(plan['hash']), '--json');
    expect(run.exit).not.toBe(0);
    expect(JSON.stringify(run.json['receipt'])).toContain('changed after the plan was made');
    expect(treeOf(site.node('mac-studio').modelsDir)[FILE]).toEqual(before[FILE]);
    expect(readdirSync(site.node('mac-studio').modelsDir).filter((name) => name.startsWith('.medic-'))).toEqual([]);
  });
});
