import { join } from 'node:path';
import { ensureNodeModules } from './packages.mjs';
import { projectFolder, runGroup, runMain, runQuiet } from './run.mjs';

const bin = (name) => join(projectFolder, 'node_modules', '.bin', name);

const CHECKS = [
  { name: 'types', run: () => tool('tsc', ['-p', '.', '--noEmit']) },
  { name: 'format', run: () => tool('biome', ['ci', '--colors=off', '.']) },
  { name: 'lint', run: () => tool('oxlint', ['--type-aware', '--deny-warnings', '.']) },
  { name: 'layers', run: layers },
  { name: 'dead code', run: () => tool('knip', ['--no-progress', '--no-config-hints']) },
];

// `npm run check`: every check runs, whatever the one before it said; `--no-tests` leaves the suite out.
await runMain(async () => {
  await ensureNodeModules();
  const lines = [];
  let failed = 0;
  const note = (name, ok, detail, seconds) => {
    failed += ok ? 0 : 1;
    lines.push(`${ok ? 'ok    ' : 'FAILED'}  ${name}${detail ? ` (${detail})` : ''}  ${seconds.toFixed(1)} s`);
  };
  for (const { name, run } of CHECKS) {
    const began = Date.now();
    const { ok, output, detail } = await run();
    if (!ok) process.stdout.write(`--- ${name}\n${output.trimEnd()}\n`);
    note(name, ok, detail, (Date.now() - began) / 1000);
  }
  if (!process.argv.includes('--no-tests')) {
    const began = Date.now();
    const code = await runGroup(process.execPath, [join(import.meta.dirname, 'test.mjs')], { cwd: projectFolder });
    note('tests', code === 0, '', (Date.now() - began) / 1000);
  }
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return failed === 0 ? 0 : 1;
});

async function tool(name, args) {
  const { code, output } = await runQuiet(bin(name), args, { cwd: projectFolder });
  return { ok: code === 0, output };
}

async function layers() {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'commands', 'jobs'];
  const { code, stdout, output } = await runQuiet(bin('depcruise'), args, { cwd: projectFolder });
  const summary = readSummary(stdout);
  if (summary === undefined) return { ok: false, output: output || `depcruise ended with ${code} and said nothing` };
  const { violations, totalCruised } = summary;
  // With a TypeScript it does not know, dependency-cruiser sees nothing and is content.
  const blind = totalCruised === 0 ? ['no module was seen: is the pinned TypeScript installed?'] : [];
  const broken = violations
    .filter(({ rule }) => rule.severity === 'error')
    .map(({ rule, from, to, cycle, via }) => {
      const path = (cycle ?? via ?? []).map(({ name }) => name);
      return `${rule.name}: ${from} -> ${path.length > 0 ? path.join(' -> ') : to}`;
    });
  const said = [...blind, ...broken];
  return { ok: said.length === 0, output: said.join('\n'), detail: `${totalCruised} modules` };
}

function readSummary(json) {
  try {
    return JSON.parse(json).summary;
  } catch {
    return undefined;
  }
}
