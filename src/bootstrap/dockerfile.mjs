import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plainError, projectFolder, runMain, runQuiet, say } from './run.mjs';

const STAYS_UP_MS = 3_000;
const EXIT_CONFIGURATION = 78;

// Where no container engine is: the Dockerfile's RUN and COPY lines in a temporary folder, then its CMD, which must start.
await runMain(async () => {
  const root = mkdtempSync(join(tmpdir(), 'medic-image-'));
  try {
    const stages = readStages(readFileSync(join(projectFolder, 'Dockerfile'), 'utf8'));
    for (const stage of stages) await runStage(stage, root);
    await runCommand(stages.at(-1), root);
    process.stdout.write('the Dockerfile builds, and its command starts\n');
    return 0;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** The stages of a Dockerfile: a name and its instructions as [word, rest]. */
function readStages(text) {
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const instructions = lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]);
  const stages = [];
  for (const [word, rest] of instructions) {
    if (word === 'FROM') stages.push({ name: rest.split(' AS ')[1], instructions: [] });
    else stages.at(-1).instructions.push([word, rest]);
  }
  return stages;
}

async function runStage({ name, instructions }, root) {
  const folder = join(root, name, 'app');
  mkdirSync(folder, { recursive: true });
  for (const [word, rest] of instructions) {
    if (word === 'COPY') await copy(rest, { root, folder });
    // Owners and the image's users are only there in an image; folders outside /app are not this machine's to make.
    if (word === 'RUN' && !rest.includes('/state')) await runLine(rest, folder);
  }
}

async function copy(rest, { root, folder }) {
  const words = rest.split(' ');
  const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : undefined;
  const target = words.pop();
  for (const source of words) {
    if (from)
      cpSync(join(root, from, source), into(folder, target, source), { recursive: true, verbatimSymlinks: true });
    else if (source === '.') await copyTracked(folder);
    else cpSync(join(projectFolder, source), into(folder, target, source));
  }
}

function into(folder, target, source) {
  return join(folder, target.endsWith('/') ? join(target, source.split('/').at(-1)) : target);
}

async function copyTracked(folder) {
  // What is not in the repository is not in a fresh build either.
  const { code, stdout, output } = await runQuiet('git', ['ls-files', '-z'], { cwd: projectFolder });
  if (code !== 0) throw plainError(`git ls-files failed: ${output.trim()}`);
  const kept = stdout.split('\0').filter((path) => path !== '' && !/^(test|\.ci)\/|\.md$/.test(path));
  for (const path of kept) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(projectFolder, path), join(folder, path), { verbatimSymlinks: true });
  }
}

async function runLine(line, cwd) {
  say(`Dockerfile: RUN ${line}`);
  const { code, output } = await runQuiet('/bin/sh', ['-c', line], { cwd });
  if (code !== 0) throw plainError(`RUN ${line} failed (${code}):\n${output.trimEnd()}`);
}

async function runCommand({ name, instructions }, root) {
  const cwd = join(root, name, 'app');
  const argv = JSON.parse(instructions.find(([word]) => word === 'CMD')[1]);
  say(`Dockerfile: CMD ${argv.join(' ')}`);
  const env = { NODE_ENV: 'production', MEDIC_CONFIG: join(cwd, 'no-such-medic.yaml') };
  const stopAfter = (child) => setTimeout(() => child.kill('SIGKILL'), STAYS_UP_MS).unref();
  const { code, signal, output } = await runQuiet(argv[0], argv.slice(1), { cwd, env, onSpawn: stopAfter });
  // Without a configuration the right end is the configuration's exit code, with the file named.
  const right = signal === 'SIGKILL' || (code === EXIT_CONFIGURATION && output.includes('no-such-medic.yaml'));
  if (!right) throw plainError(`the image's command ended with ${code}:\n${output.trimEnd()}`);
}
