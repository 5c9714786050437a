import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { onPath, plainError, projectFolder, runQuiet, say } from './run.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# model-medic: temporary, so that installing starts no service';
const UNITS = {
  'openssh-server': ['ssh.service', 'ssh.socket'],
  'redis-server': ['redis-server.service'],
  rsync: ['rsync.service'],
};

/** Is this process root on a machine with apt? */
export function canInstall() {
  return process.getuid?.() === 0 && onPath('apt-get') !== undefined;
}

/** Brings node_modules to what package-lock.json says with `npm ci`, once however many launchers start together. */
export async function ensureNodeModules(folder = projectFolder) {
  if (areModulesCurrent(folder)) return;
  await withLock(join(folder, '.cache', 'npm-ci.lock'), async () => {
    if (areModulesCurrent(folder)) return;
    const began = Date.now();
    say('installing the packages of package-lock.json (npm ci) ...');
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    const { code, output } = await runQuiet('npm', args, { cwd: folder });
    if (code !== 0) throw plainError(`npm ci failed: ${npmReason(output)}`);
    say(`packages are there (${((Date.now() - began) / 1000).toFixed(0)} s)`);
  });
}

/** Which of these Debian packages are not installed; undefined where there is no dpkg. */
export async function missingDebianPackages(names) {
  if (!onPath('dpkg-query')) return undefined;
  const { stdout } = await runQuiet('dpkg-query', ['-W', '-f=${binary:Package} ${db:Status-Status}\\n', ...names]);
  const installed = stdout.split('\n').filter((line) => line.endsWith(' installed'));
  const there = new Set(installed.map((line) => line.replace(/[: ].*/, '')));
  return names.filter((name) => !there.has(name));
}

/** As root on Debian: installs what is missing, after saying so, without starting or enabling a service. Returns what is still missing. */
export async function ensureDebianPackages(names, why) {
  const missing = await missingDebianPackages(names);
  if (missing === undefined) return names;
  if (missing.length === 0 || !canInstall()) return missing;
  return withLock('/var/lock/model-medic-apt.lock', async () => {
    const still = (await missingDebianPackages(names)) ?? [];
    if (still.length === 0) return [];
    say(`installing Debian packages for ${why}: ${still.join(' ')} (no service is started)`);
    await withoutServices(async (apt) => {
      const updated = await apt(['update']);
      const installed = await apt(['install', '-y', '--no-install-recommends', ...still]);
      if (installed.code !== 0)
        throw plainError(`apt-get install ${still.join(' ')} failed: ${lastLines(installed.output || updated.output)}`);
    });
    await disableUnits(still);
    return [];
  });
}

function areModulesCurrent(folder) {
  const wanted = join(folder, 'package-lock.json');
  const had = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(had)) return false;
  if (!existsSync(wanted) || statSync(had).mtimeMs >= statSync(wanted).mtimeMs) return true;
  // A checkout gives the lock file a new time; only other versions are a reason to install again.
  const installed = JSON.parse(readFileSync(had, 'utf8')).packages ?? {};
  const locked = Object.entries(JSON.parse(readFileSync(wanted, 'utf8')).packages ?? {});
  return locked.every(([path, entry]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === entry.version : entry.optional === true;
  });
}

async function withoutServices(work) {
  let running;
  let interrupted;
  const onSignal = (signal) => {
    interrupted = signal;
    running?.kill('SIGTERM');
  };
  const apt = async (args) => {
    if (interrupted) throw plainError('interrupted while installing packages');
    const env = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
    const remember = (child) => {
      running = child;
    };
    // Own session: Ctrl-C must reach this process first, so that the policy outlives apt.
    const result = await runQuiet('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=180', ...args], {
      env,
      onSpawn: remember,
      detached: true,
    });
    if (interrupted) throw plainError('interrupted while installing packages');
    return result;
  };
  const remove = placePolicy();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await work(apt);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    remove();
  }
}

function placePolicy() {
  // A machine's own policy decides for itself; one that an earlier, killed run of ours left is ours to remove.
  if (existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(POLICY_MARK)) return () => undefined;
  writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
  const remove = () => rmSync(POLICY, { force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}

async function disableUnits(names) {
  // Debian enables a server it installs: without this, sshd would listen after the next boot.
  const units = names.flatMap((name) => UNITS[name] ?? []);
  if (units.length === 0 || !onPath('systemctl')) return;
  for (const unit of units) await runQuiet('systemctl', ['--quiet', 'disable', unit]);
}

function npmReason(output) {
  // npm says the reason first and its own help last.
  const said = output
    .split('\n')
    .filter((line) => line.startsWith('npm error ') && !line.startsWith('npm error code '));
  return (
    said
      .map((line) => line.slice('npm error '.length))
      .slice(0, 2)
      .join(' | ') || lastLines(output)
  );
}

function lastLines(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.includes('debconf:'));
  return lines.slice(-3).join(' | ') || 'no reason was given';
}
