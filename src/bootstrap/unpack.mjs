import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { withLock } from './lock.mjs';
import { onPath, plainError, runQuiet, say } from './run.mjs';

// These belong to the machine's own loader: a second copy of them in front of it breaks every program.
const NEVER_UNPACKED = /^(libc6|libc-bin|libc-l10n|libcrypt1|base-files|dpkg|libgcc-s1|gcc-\d+-base)_/;

/** The folder of what medic has unpacked for this user: $XDG_CACHE_HOME/model-medic or ~/.cache/model-medic. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'model-medic');
}

/** Where `unpackDebian` puts the wrapper that starts a program of a bundle. */
export function wrapperPath(bundle, program) {
  return join(cacheFolder(), bundle, 'bin', basename(program));
}

/** Without root: downloads Debian packages and what they lack here into the cache, unpacks them, and writes a wrapper a program. Returns the wrappers. */
export async function unpackDebian({ bundle, packages, programs, why }) {
  const wrappers = programs.map((program) => wrapperPath(bundle, program));
  const work = async () => {
    if (wrappers.every((path) => existsSync(path))) return wrappers;
    if (!onPath('apt-get') || !onPath('dpkg-deb'))
      throw plainError(`${why} needs ${packages.join(', ')}: please install it`);
    say(`unpacking ${packages.join(' ')} into ${cacheFolder()} for ${why} (nothing is installed)`);
    const folder = join(cacheFolder(), bundle);
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    for (const file of await download(packages)) await extract(file, join(fresh, 'root'));
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    for (const program of programs) writeWrapper(bundle, program);
    return wrappers;
  };
  return withLock(join(cacheFolder(), 'unpack.lock'), work);
}

async function download(packages) {
  const own = join(cacheFolder(), 'apt');
  const archives = join(own, 'archives');
  rmSync(archives, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(own, folder), { recursive: true });
  const options = [
    ['Dir::State::lists', join(own, 'lists')],
    ['Dir::Cache', own],
    ['Dir::Cache::archives', archives],
    ['Debug::NoLocking', 'true'],
    // Hooks of the machine (such as those of container images) want to write where only root may.
    ['APT::Update::Post-Invoke-Success', ''],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const updated = await runQuiet('apt-get', ['-q', ...options, 'update']);
  const wanted = ['install', '--download-only', '--reinstall', '--no-install-recommends', '-y', ...packages];
  const got = await runQuiet('apt-get', ['-q', ...options, ...wanted]);
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb') && !NEVER_UNPACKED.test(name));
  if (got.code !== 0 || files.length === 0) {
    const reason = (got.output || updated.output).trim().split('\n').slice(-2).join(' | ');
    throw plainError(`could not download ${packages.join(' ')}: ${reason}`);
  }
  return files.map((name) => join(archives, name));
}

async function extract(file, target) {
  mkdirSync(target, { recursive: true });
  const { code, output } = await runQuiet('dpkg-deb', ['-x', file, target]);
  if (code !== 0) throw plainError(`could not unpack ${basename(file)}: ${output.trim()}`);
  rmSync(file);
}

function writeWrapper(bundle, program) {
  const root = join(cacheFolder(), bundle, 'root');
  // Older packages have /bin where newer ones have /usr/bin.
  const binary = [join(root, program), join(root, 'usr', program), join(root, program.replace(/^usr\//, ''))].find(
    (path) => existsSync(path),
  );
  if (!binary) throw plainError(`${program} is not in the packages that were downloaded`);
  mkdirSync(join(cacheFolder(), bundle, 'bin'), { recursive: true });
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => libraryFolders(join(root, folder)));
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  // Debian's redis-server is a link and looks at its own name: the link is started, not its target.
  const lines = [
    '#!/bin/sh',
    `LD_LIBRARY_PATH=${quoted(libraries.join(':'))}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    'export LD_LIBRARY_PATH',
    `exec ${quoted(binary)} "$@"`,
  ];
  writeFileSync(wrapperPath(bundle, program), `${lines.join('\n')}\n`, { mode: 0o755 });
}

function libraryFolders(folder) {
  if (!existsSync(folder)) return [];
  const triplets = readdirSync(realpathSync(folder)).filter((name) => /-linux-gnu/.test(name));
  return triplets.map((name) => join(folder, name));
}
