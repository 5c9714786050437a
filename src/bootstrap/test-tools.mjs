import { existsSync } from 'node:fs';
import { canInstall, ensureDebianPackages } from './packages.mjs';
import { findRedisServer, locateRedisServer } from './redis.mjs';
import { isExecutable, onPath, say } from './run.mjs';
import { unpackDebian, wrapperPath } from './unpack.mjs';

const DEBIAN_PACKAGES = [
  'openssh-server',
  'openssh-client',
  'rsync',
  'redis-server',
  'busybox',
  'chromium',
  'python3-torch',
];
const DEBIAN_TORCH = '/usr/lib/python3/dist-packages/torch/__init__.py';

const TOOLS = {
  sshd: { program: 'usr/sbin/sshd', packages: ['openssh-server', 'openssh-client', 'openssh-sftp-server'] },
  rsync: { program: 'usr/bin/rsync', packages: ['rsync'] },
  busybox: { program: 'bin/busybox', packages: ['busybox'] },
  chromium: { program: 'usr/bin/chromium', packages: undefined },
};

/** The programs the tests use that are here already, by name; a name without a path is missing. */
export function locateTestTools() {
  const entries = Object.entries(TOOLS).map(([name, { program }]) => [name, locate(name, program)]);
  return {
    ...Object.fromEntries(entries),
    redis: locateRedisServer(),
    torch: existsSync(DEBIAN_TORCH) ? DEBIAN_TORCH : undefined,
  };
}

/** Brings the programs the tests use, but those `without`, as far as this user can: installed as root, unpacked otherwise. Returns where they are. */
export async function findTestTools({ without = [] } = {}) {
  if (canInstall()) {
    const packages = DEBIAN_PACKAGES.filter((name) => !without.includes(name));
    await ensureDebianPackages(packages, 'the tests').catch((error) => {
      if (!error.plain) throw error;
      say(error.message);
    });
  }
  for (const [name, { program, packages }] of Object.entries(TOOLS)) {
    if (packages === undefined || locate(name, program)) continue;
    await leaveOut(name, () => unpackDebian({ bundle: name, packages, programs: [program], why: 'the tests' }));
  }
  await leaveOut('redis', findRedisServer);
  return locateTestTools();
}

function locate(name, program) {
  const cached = wrapperPath(name, program);
  return onPath(name) ?? (isExecutable(cached) ? cached : undefined);
}

async function leaveOut(name, bring) {
  try {
    await bring();
  } catch (error) {
    if (!error.plain) throw error;
    say(`without ${name}: ${error.message}`);
  }
}
