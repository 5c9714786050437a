import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The project's folder: the one with package.json. */
export const projectFolder = dirname(dirname(import.meta.dirname));

/** One progress line on standard error: standard output belongs to the program that was asked for. */
export function say(line) {
  process.stderr.write(`medic: ${line}\n`);
}

/** A failure that is told in one line, without a stack. */
export function plainError(message) {
  return Object.assign(new Error(message), { plain: true });
}

/** Runs a launcher's main function: a plain error becomes one line and exit 1, a bug keeps its stack. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(error.plain ? `medic: ${error.message}\n` : `${error.stack}\n`);
    process.exitCode = 1;
  }
}

/** The first of these programs on PATH, as an absolute path. */
export function onPath(...names) {
  // sbin is not on an ordinary user's PATH on Debian, and sshd lives there.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter(Boolean);
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (found) return found;
  }
  return undefined;
}

/** Is this a file that this user may execute? */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Runs a program to its end and collects what it wrote; never rejects for an exit code. `onSpawn` gets the child, for signals. */
export function runQuiet(program, args, { env, cwd, onSpawn, detached } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      cwd,
      detached,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onSpawn?.(child);
    let output = '';
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, output: `${output}${error.message}` }));
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, stdout, output }));
  });
}

/** Runs a program in its own process group on this terminal, passes SIGINT and SIGTERM on, and leaves none of its group behind. Resolves with its exit code. */
export function runGroup(program, args, { env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, cwd, stdio: 'inherit', detached: true });
    let asked = 0;
    const forward = (signal) => {
      asked += 1;
      // Whoever presses Ctrl-C a third time wants it gone.
      signalGroup(child.pid, asked >= 3 ? 'SIGKILL' : signal, asked >= 3 ? 'group' : 'leader');
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const settle = () => {
      for (const signal of signals) process.off(signal, forward);
      signalGroup(child.pid, 'SIGKILL', 'group');
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      settle();
      resolve(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1));
    });
  });
}

function signalGroup(pid, signal, reach) {
  if (pid === undefined) return;
  try {
    process.kill(reach === 'group' ? -pid : pid, signal);
  } catch {
    // Nobody is left: that is what was wanted.
  }
}
