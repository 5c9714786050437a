/** `npm run bench [-- <name>...] [-- --json] [--short]`: our figures beside those of the tools a user would take instead. */
import { benchAck } from './ack.ts';
import type { BenchOptions, BenchRow } from './bench-row.ts';
import { tableOf } from './bench-row.ts';
import { benchDigest } from './digest.ts';
import { benchStorm } from './storm.ts';
import { benchSweep } from './sweep.ts';
import { benchWorkers } from './workers.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<readonly BenchRow[]>>> = {
  sweep: benchSweep,
  digest: benchDigest,
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
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue;
  rows.push(...(await bench({ short: flags.includes('--short'), say })));
}
if (flags.includes('--json')) process.stdout.write(`${JSON.stringify({ rows })}\n`);
(flags.includes('--json') ? process.stderr : process.stdout).write(`${tableOf(rows)}\n`);
