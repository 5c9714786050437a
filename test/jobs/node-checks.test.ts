import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { daemonHealth } from '../../jobs/checks/daemon-health.ts';
import { clearLeftovers } from '../../jobs/repairs/clear-leftovers.ts';
import type { Expected } from '../../src/domain/expected.ts';
import { checks } from '../../src/registry/jobs.ts';
import { createNodeHere, DAEMON, goodExpectation, LIMITS, type NodeHere, nodeNamed, pathWithout } from './node-here.ts';

const OURS = `.medic-${'0'.repeat(32)}`;
let open: NodeHere[] = [];

function node(options?: Parameters<typeof createNodeHere>[1]): NodeHere {
  const here = createNodeHere(['hex8_2p'], options);
  open.push(here);
  return here;
}

afterEach(() => {
  for (const here of open) here.close();
  open = [];
});

function old(here: NodeHere, name: string): void {
  writeFileSync(here.path(name), 'part of a model');
  const then = Date.now() / 1_000 - 7_200;
  utimesSync(here.path(name), then, then);
}

const sourceless = checks.filter(({ needsNoSource, probe }) => needsNoSource === true && probe !== true);

describe('a check that needs no source', () => {
  it.each(sourceless.map((check) => [check.name, check] as const))(
    '%s never asks what is expected',
    async (_, check) => {
      const touched: PropertyKey[] = [];
      const expected = new Proxy(new Map<string, Expected>(), {
        get(target, name) {
          touched.push(name);
          const found: unknown = Reflect.get(target, name);
          return typeof found === 'function' ? found.bind(target) : found;
        },
      });
      await check.run(node().context({ expected })).catch(() => undefined);
      expect(touched).toEqual([]);
    },
  );
});

describe('a node beside its models', () => {
  it('has nothing to tell when it is well', async () => {
    expect((await node().look()).findings).toEqual([]);
  });

  it('is told how full its disk is, what fills it and what medic keeps there', async () => {
    const here = node();
    writeFileSync(here.path('candidate_7.pth'), Buffer.alloc(5_000_000, 1));
    writeFileSync(join(here.folder, 'replays.db'), Buffer.alloc(7_000_000, 1));
    const around = { ...here.context().node, root: here.folder };
    const limits = { ...LIMITS, diskWarnPercent: 1, diskStopPercent: 100 };
    const { findings } = await here.look({ limits, node: around });
    const [low] = findings;
    expect(low?.evidence).toContainEqual(expect.stringMatching(/^replays\.db beside the models takes 7(\.\d)? MB$/));
    expect(low).toMatchObject({ code: 'disk_low', severity: 'warning', subject: 'models' });
    expect(low?.title).toMatch(/^the disk of the models folder is \d+ % full$/);
    expect(low?.evidence[0]).toMatch(/^.+ free of .+$/);
    expect(low?.evidence[1]).toMatch(/^candidate_7\.pth takes 5(\.\d)? MB$/);
    expect(low?.evidence.slice(-2)).toEqual([
      'medic keeps 0 bytes of replaced files in .medic/quarantine',
      'none of that has had its time',
    ]);
  });

  it('says that nothing is sent to a disk above the stop', async () => {
    const { findings } = await node().look({ limits: { ...LIMITS, diskWarnPercent: 1, diskStopPercent: 1 } });
    expect(findings).toMatchObject([
      { code: 'disk_low', severity: 'critical', title: expect.stringMatching(/nothing is sent there$/) },
    ]);
  });

  // Root may write anywhere: the script runs as somebody else.
  it.runIf(process.getuid?.() === 0)('is told where its user may not write', async () => {
    const here = node({ shell: { shell: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh'] } });
    chmodSync(here.folder, 0o755);
    chmodSync(here.models, 0o755);
    expect((await here.look()).findings).toMatchObject([
      { code: 'permission_denied', subject: 'models', severity: 'critical' },
    ]);
    chmodSync(here.models, 0o777);
    expect((await here.look()).findings).toEqual([]);
    mkdirSync(here.path('.medic'), { mode: 0o755 });
    expect((await here.look()).findings).toMatchObject([{ code: 'permission_denied', subject: '.medic' }]);
  });

  it('is told which tool a repair lacks', async () => {
    const here = node();
    const mv = '#!/bin/sh\ncase $1 in --help) echo usage ;; esac\n';
    const bin = pathWithout(here.folder, ['python3', 'openssl', 'sha256sum', 'shasum', 'find'], { mv });
    const bare = createNodeHere(['hex8_2p'], { shell: { env: { PATH: bin } } });
    open.push(bare);
    const { findings } = await bare.look({
      digests: { get: async () => goodExpectation('hex8_2p').record.current?.digest, set: async () => {} },
    });
    expect(findings).toMatchObject([
      { code: 'tool_missing', subject: 'mv' },
      { code: 'tool_missing', subject: 'openssl' },
    ]);
  });

  it.each([
    ['behind', 3_600],
    ['ahead', -3_600],
  ])('is told that its clock is %s', async (way, offBy) => {
    const now = (): Date => new Date(Date.now() + offBy * 1_000);
    const { findings } = await node().look({ now });
    expect(findings).toMatchObject([{ code: 'clock_skewed', subject: 'clock', title: `its clock is 1 h ${way}` }]);
  });

  it('is not blamed for the time an answer takes', async () => {
    const times = [Date.now() - 3_600_000, Date.now() + 3_600_000];
    const now = (): Date => new Date(times.shift() ?? Date.now());
    expect((await node().look({ now })).findings).toEqual([]);
  });

  it('is told what broken transfers of medic left; other programs’ are noise', async () => {
    const here = node();
    for (const name of [OURS, '.canonical_hex8_2p.pth.AbC123']) old(here, name);
    const { findings } = await here.look();
    expect(findings).toMatchObject([
      { code: 'leftovers', subject: '.medic-*', severity: 'info', title: '1 temporary file that medic left, 15 bytes' },
    ]);
    expect(findings[0]?.evidence).toEqual([`${OURS}: 15 bytes, 2 h old`]);
    const full = await here.look({ limits: { ...LIMITS, diskWarnPercent: 1 } });
    expect(full.findings.find(({ code }) => code === 'disk_low')?.evidence).toContain(
      '.canonical_hex8_2p.pth.AbC123, which a broken transfer left, takes 15 bytes',
    );
  });

  it('may be in the middle of a transfer: young files are none', async () => {
    const here = node();
    writeFileSync(here.path(OURS), '');
    expect((await here.look()).findings).toEqual([]);
  });
});

describe('a cluster without a distribution daemon', () => {
  it('has nothing to observe when medic.yaml names no source, and says so when it names some', async () => {
    const here = node();
    const none = { ...DAEMON, statusPort: 0, ledger: null, logs: [], python: false };
    expect(await daemonHealth.run(here.context({ daemon: none }))).toEqual({ findings: [], unknown: [], notes: [] });
    const { findings } = await daemonHealth.run(
      here.context({
        node: { ...nodeNamed('hub', here.models), root: here.folder },
        daemon: { ...DAEMON, statusPort: 0, python: false },
      }),
    );
    expect(findings).toMatchObject([{ code: 'daemon_unobservable' }]);
  });
});

describe('clear-leftovers', () => {
  it('moves medic’s own into quarantine, and back', async () => {
    const here = node();
    for (const name of [OURS, '.canonical_hex8_2p.pth.AbC123']) old(here, name);
    const before = here.tree();
    const planned = await clearLeftovers.plan(here.context());
    if (planned.kind !== 'steps') throw new Error(planned.kind);
    expect(planned.target.steps.map(({ title }) => title)).toEqual([`move ${OURS} (0 MB) into quarantine`]);
    expect(await here.forward(planned.target)).toMatchObject([{ code: 0 }]);
    const rest = Object.fromEntries(Object.entries(before).filter(([name]) => name !== `models/${OURS}`));
    expect(here.tree()).toEqual(rest);
    expect(await here.undo(planned.target)).toMatchObject([{ code: 0 }]);
    expect(await here.undo(planned.target)).toMatchObject([{ code: 0 }]);
    expect(here.tree()).toEqual(before);
  });

  it('leaves a file alone that changed since it was planned', async () => {
    const here = node();
    old(here, OURS);
    const planned = await clearLeftovers.plan(here.context());
    if (planned.kind !== 'steps') throw new Error(planned.kind);
    writeFileSync(here.path(OURS), 'a transfer goes on');
    const before = here.tree();
    expect(await here.forward(planned.target)).toMatchObject([{ code: 10 }]);
    expect(here.tree()).toEqual(before);
  });

  it('takes no name that medic did not draw, whatever the plan says', async () => {
    const here = node();
    const planned = await (old(here, OURS), clearLeftovers.plan(here.context()));
    if (planned.kind !== 'steps') throw new Error(planned.kind);
    const [step] = planned.target.steps;
    if (step?.kind !== 'run') throw new Error('no step');
    const forged = step.argv.map((word) => (word === OURS ? 'canonical_hex8_2p.pth' : word));
    const before = here.tree();
    expect(await here.act(forged)).toMatchObject({ code: 10 });
    expect(here.tree()).toEqual(before);
  });

  it('leaves what other programs left to people', async () => {
    const here = node();
    old(here, '.canonical_hex8_2p.pth.AbC123');
    expect(await clearLeftovers.plan(here.context())).toEqual({ kind: 'nothing' });
  });
});
