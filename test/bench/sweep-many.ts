import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startOpenSshFleet } from '../support/fleet/openssh-fleet.ts';
import { type BenchOptions, type BenchRow, timeRow } from './bench-row.ts';
import { fillFolder } from './sweep.ts';

/** What the process that looks is told. */
export const SweepAbout = z.strictObject({
  nodes: z.array(z.strictObject({ name: z.string(), address: z.strictObject({ host: z.string(), port: z.int() }) })),
  keyPath: z.string(),
  knownHostsPath: z.string(),
  rounds: z.int(),
});
type SweepAbout = z.infer<typeof SweepAbout>;

/** What the process that looks reports: seconds a sweep, and bytes of memory before the first connection and after the last sweep. */
const Report = z.strictObject({
  cold: z.array(z.number()),
  warm: z.array(z.number()),
  rssBefore: z.number(),
  rssAfter: z.number(),
});
type Report = z.infer<typeof Report>;

const MEMORY_MB_MAX = 250;
const CONNECTION_MB_MAX = 0.2;

/** Eight times as many nodes as the usual sweep, against itself; each size in a process of its own, whose memory is read. */
export async function benchSweepMany({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const [few, many] = short ? [4, 8] : [64, 512];
  const rounds = short ? 1 : 5;
  say(`starting ${many} sshd`);
  const names = Array.from({ length: many }, (_, index) => `n${index + 1}`);
  const config = ['MaxStartups 200:30:300'];
  const fleet = await startOpenSshFleet({ nodes: names.map((name) => ({ name, models: false, config })) });
  try {
    // One folder under all homes would be read once; each has its own.
    for (const { modelsDir } of fleet.nodes) {
      await mkdir(modelsDir, { recursive: true });
      await fillFolder(modelsDir);
    }
    const { keyPath, knownHostsPath } = fleet;
    const look = async (count: number): Promise<Report> => {
      const nodes = fleet.nodes.slice(0, count).map(({ name, address }) => ({ name, address }));
      const report = await inChild({ nodes, keyPath, knownHostsPath, rounds });
      say(`${count} nodes: cold ${shown(report.cold)}, warm ${shown(report.warm)}`);
      return report;
    };
    const [small, large] = [await look(few), await look(many)];
    const each = (list: readonly number[], count: number): number[] => list.map((seconds) => (seconds * 1_000) / count);
    const row = { unit: 'ms a node', goal: 0.833 };
    const mb = (bytes: number): number => bytes / 1e6;
    return [
      timeRow({
        ...row,
        name: `sweep cold ${many}`,
        ours: each(large.cold, many),
        peer: each(small.cold, few),
        what: `survey of 12 models, new connections, time a node; peer: itself at ${few}`,
      }),
      timeRow({
        ...row,
        name: `sweep warm ${many}`,
        ours: each(large.warm, many),
        peer: each(small.warm, few),
        what: `the same over open connections; peer: itself at ${few}`,
      }),
      timeRow({
        unit: 'MB',
        goal: 1,
        name: `memory ${many}`,
        ours: [mb(large.rssAfter)],
        peer: [MEMORY_MB_MAX],
        what: `memory of the process that holds ${many} connections; peer: the most that it may be`,
      }),
      timeRow({
        unit: 'MB',
        goal: 1,
        name: `memory a connection ${many}`,
        peer: [CONNECTION_MB_MAX],
        ours: [mb(large.rssAfter - large.rssBefore) / many],
        what: 'what one more connection costs; peer: the most that it may be',
      }),
    ];
  } finally {
    await fleet.close();
  }
}

function shown(list: readonly number[]): string {
  return `${Math.min(...list).toFixed(2)} to ${Math.max(...list).toFixed(2)} s`;
}

async function inChild(about: SweepAbout): Promise<Report> {
  const child = fork(join(import.meta.dirname, 'sweep-child.ts'), [], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  const ended = once(child, 'exit');
  const report = new Promise<Report>((resolve, reject) => {
    child.once('message', (message) => resolve(Report.parse(message)));
    child.once('exit', (code) => reject(new Error(`the looking process ended with ${String(code)}`)));
  });
  child.send(about);
  const answer = await report;
  await ended;
  return answer;
}
