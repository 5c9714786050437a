import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { plainError, projectFolder } from './run.mjs';

const ROOTS = ['bot', 'worker', 'cli'];
const SOURCES = ['src', 'commands', 'jobs'];
/** They read files of their own folder, or are made for this machine. */
const LEFT_OUTSIDE = ['@resvg/resvg-wasm', 'dejavu-fonts-ttf', 'ssh2'];
const KEPT_DAYS = 7;

/**
 * The folder with bot.js, worker.js and cli.js as the sources are now: made once a change and kept under `.cache`, because a shell that compiles
 * five hundred files at each call is slow at three in the morning. Where there are no sources or no compiler it is what `npm run build` made.
 */
export async function compiledFolder(folder = projectFolder) {
  if (!existsSync(join(folder, 'src', 'cli.ts'))) return builtFolder(folder);
  // As deep as src/bootstrap and dist/src: programs find the project's folder two above their own.
  const into = join(folder, '.cache', `compiled-${stateOf(folder)}`);
  if (!existsSync(into)) {
    // Only now: every call of the shell passes here, and the compiler is slow to load.
    const esbuild = await compiler();
    if (esbuild === undefined) return builtFolder(folder);
    await filled(into, folder, esbuild);
  }
  touch(into);
  return into;
}

function builtFolder(folder) {
  const built = join(folder, 'dist', 'src');
  if (existsSync(built)) return built;
  throw plainError(`${folder} has neither sources with their packages (npm ci) nor a build (npm run build)`);
}

async function filled(into, folder, esbuild) {
  try {
    await withLock(`${into}.lock`, () => fill(into, folder, esbuild));
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    throw plainError(
      `${join(folder, '.cache')} cannot be written (${error.code}): run npx medic help once as its owner`,
    );
  }
}

/** Compiles the three roots with their packages into `into`. */
export async function compile(into, folder, esbuild) {
  await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ROOTS.map((name) => `src/${name}.ts`),
    outdir: into,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: LEFT_OUTSIDE,
    // Some packages are CommonJS and ask for Node's own modules at run time.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
}

async function compiler() {
  try {
    return await import('esbuild');
  } catch {
    return undefined;
  }
}

async function fill(into, folder, esbuild) {
  if (existsSync(into)) return;
  const unfinished = `${into}.${process.pid}`;
  try {
    await compile(unfinished, folder, esbuild);
    renameSync(unfinished, into);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  forgetOld(join(folder, '.cache'));
}

/** Name, length and time of every source and of the lock file: what differs in one of them is compiled anew. */
function stateOf(folder) {
  const hash = createHash('sha256');
  const note = (path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  for (const top of SOURCES.filter((name) => existsSync(join(folder, name)))) {
    for (const path of readdirSync(join(folder, top), { recursive: true }).toSorted((a, b) => (a < b ? -1 : 1))) {
      if (/\.(ts|mjs)$/.test(path)) note(join(top, path));
    }
  }
  if (existsSync(join(folder, 'package-lock.json'))) note('package-lock.json');
  return hash.digest('hex').slice(0, 16);
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Somebody else's folder: its owner keeps it young.
  }
}

function forgetOld(cache) {
  for (const name of readdirSync(cache).filter((one) => one.startsWith('compiled-'))) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > KEPT_DAYS * 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}
