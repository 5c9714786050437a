/** `npm run bench [-- <name>...] [-- --json] [--short]`: our figures beside those of the tools a user would take instead. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchAck } from './ack.ts';
import type { BenchOptions, BenchRow } from './bench-row.ts';
import { tableOf } from './bench-row.ts';
import { chartOf } from './chart.ts';
import { benchCommand } from './command.ts';
import { benchDigest } from './digest.ts';
import { benchCopy, benchResync } from './resync.ts';
import { benchStorm } from './storm.ts';
import { benchSweep } from './sweep.ts';
import { benchSweepMany } from './sweep-many.ts';
import { benchWorkers } from './workers.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<readonly BenchRow[]>>> = {
  sweep: benchSweep,
  many: benchSweepMany,
  command: benchCommand,
  digest: benchDigest,
  copy: benchCopy,
  resync: benchResync,
  workers: benchWorkers,
  ack: benchAck,
  storm: benchStorm,
};

const words = process.argv.slice(2);
const flags = words.filter((word) => word.startsWith('-'));
const names = words.filter((word) => !word.startsWith('-'));
const wrong = [
  ...names.filter((name) => !(name in benches)),
  ...flags.filter((flag) => !['--json', '--short'].includes(flag)),
];
if (wrong.length > 0) {
  process.stderr.write(
    `bench: ${wrong.join(' ')} is not known; there are ${Object.keys(benches).join(', ')}, --json, --short\n`,
  );
  process.exit(2);
}

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
const short = flags.includes('--short');
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const startedAt = performance.now();
  try {
    rows.push(...(await bench({ short, say })));
  } catch (error) {
    // What the other parts measured is worth keeping.
    process.exitCode = 1;
    say(`${name} FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  say(`${name} took ${Math.round((performance.now() - startedAt) / 1_000)} s`);
}
const about = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown kind'}, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}${short ? ', short: these are no measurements' : ''}`;
const folder = join('.cache', 'bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'rows.json'), `${JSON.stringify({ about, rows }, null, 2)}\n`);
writeFileSync(join(folder, 'chart.svg'), chartOf(rows, about));
if (flags.includes('--json')) process.stdout.write(`${JSON.stringify({ rows })}\n`);
(flags.includes('--json') ? process.stderr : process.stdout).write(`${tableOf(rows)}\n`);
say(`${about}; written to ${join(folder, 'rows.json')} and ${join(folder, 'chart.svg')}`);
