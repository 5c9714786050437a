import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLineAlive, processLine } from '../../src/bootstrap/lock.mjs';

const project = join(import.meta.dirname, '..', '..');

describe('launchers', () => {
  let folder = '';
  let started: ChildProcess[] = [];

  beforeEach(() => {
    started = [];
    folder = mkdtempSync(join(tmpdir(), 'medic-launch-'));
    cpSync(join(project, 'src', 'bootstrap'), join(folder, 'src', 'bootstrap'), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    for (const name of ['bot.ts', 'worker.ts']) writeFileSync(join(folder, 'src', name), '');
    mkdirSync(join(folder, 'src', 'demo'));
  });

  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (name: string, args: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(folder, 'src', 'bootstrap', name), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });

  it('medic runs what the sources are now with its arguments, and compiles them once a change', () => {
    const sources = (word: string) =>
      writeFileSync(
        join(folder, 'src', 'cli.ts'),
        `const from: string = '${word}';\nconsole.log(from, process.argv.slice(2));\n`,
      );
    const compiled = () => readdirSync(join(folder, '.cache')).filter((name) => name.startsWith('compiled-'));
    sources('sources');
    expect(run('medic.mjs', ['help', 'a b']).stdout).toBe("sources [ 'help', 'a b' ]\n");
    expect(run('medic.mjs', ['help']).stdout).toBe("sources [ 'help' ]\n");
    expect(compiled()).toHaveLength(1);
    sources('changed sources');
    expect(run('medic.mjs', ['help']).stdout).toBe("changed sources [ 'help' ]\n");
    expect(compiled()).toHaveLength(2);
  });

  it('medic runs the build where there are no sources, and says so where there is neither', () => {
    expect(run('medic.mjs', ['help'])).toMatchObject({
      status: 78,
      stderr: expect.stringMatching(/^medic: .* has neither sources .* nor a build \(npm run build\)\n$/),
    });
    mkdirSync(join(folder, 'dist', 'src'), { recursive: true });
    writeFileSync(join(folder, 'dist', 'src', 'cli.js'), "console.log('build'); process.exitCode = 4;\n");
    expect(run('medic.mjs', ['help'])).toMatchObject({ stdout: 'build\n', status: 4 });
  });

  it('medic gives the shell a Redis server only where it may need one', () => {
    writeFileSync(join(folder, 'src', 'cli.ts'), "console.log(process.env['MEDIC_REDIS_SERVER'] ?? 'none');\n");
    const env = { MEDIC_REDIS_SERVER: process.execPath };
    expect(run('medic.mjs', ['check'], env).stdout).toBe(`${process.execPath}\n`);
    expect(run('medic.mjs', ['check'], { MEDIC_REDIS_SERVER: '', REDIS_URL: 'redis://127.0.0.1:1' }).stdout).toBe('\n');
  });

  it('demo passes Ctrl-C on, ends with the code of the demo, and leaves nothing of its group behind', async () => {
    const script = [
      "import { spawn } from 'node:child_process';",
      "const child = spawn('sleep', ['300'], { stdio: 'ignore' });",
      'process.on("SIGINT", () => process.exit(5));',
      'console.log(child.pid);',
      'setInterval(() => undefined, 1000);',
    ];
    writeFileSync(join(folder, 'src', 'demo', 'demo.ts'), script.join('\n'));
    const launcher = spawn(process.execPath, [join(folder, 'src', 'bootstrap', 'demo.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MEDIC_REDIS_SERVER: process.execPath },
    });
    started.push(launcher);
    const [line] = await once(launcher.stdout, 'data');
    const sleeper = processLine(Number(String(line)));
    expect(isLineAlive(sleeper)).toBe(true);
    const ended = once(launcher, 'exit');
    launcher.kill('SIGINT');
    expect(await ended).toEqual([5, null]);
    await expect.poll(() => isLineAlive(sleeper)).toBe(false);
  });

  it('says in one line why packages cannot be installed', () => {
    rmSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "name": "x", "dependencies": { "yaml": "2.9.1" } }\n');
    writeFileSync(join(folder, 'package-lock.json'), '{ "name": "x", "lockfileVersion": 3, "packages": {} }\n');
    const { stderr, status } = run('medic.mjs', ['help']);
    expect(status).toBe(78);
    expect(stderr.split('\n')).toEqual([
      'medic: installing the packages of package-lock.json (npm ci) ...',
      expect.stringMatching(/^medic: npm ci failed: .*package-lock\.json.*in sync/),
      '',
    ]);
  });
});

const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0;

describe.skipIf(!hasDpkg)('unpacking without root', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'medic-unpack-'));
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
    mkdirSync(join(tree, 'usr', 'bin'), { recursive: true });
    mkdirSync(join(tree, 'usr', 'lib', 'x86_64-linux-gnu'), { recursive: true });
    writeFileSync(
      join(tree, 'DEBIAN', 'control'),
      'Package: greeter\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n',
    );
    writeFileSync(join(tree, 'usr', 'bin', 'greeter'), '#!/bin/sh\necho "hello $1 $LD_LIBRARY_PATH"\n', {
      mode: 0o755,
    });
    spawnSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(folder, 'greeter.deb')]);
    // An apt-get that notes each download and has one package.
    const apt = [
      '#!/bin/sh',
      `case "$*" in *--download-only*) echo download >> '${folder}/downloads'; cp '${folder}/greeter.deb' '${folder}/cache/model-medic/apt/archives/';; esac`,
    ];
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'apt-get'), `${apt.join('\n')}\n`, { mode: 0o755 });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives a wrapper that starts the program with its libraries, once for three that ask together', async () => {
    const module = JSON.stringify(join(project, 'src', 'bootstrap', 'unpack.mjs'));
    const ask = "{ bundle: 'greeter', packages: ['greeter'], programs: ['usr/bin/greeter'], why: 'a test' }";
    const script = `import { unpackDebian } from ${module}; console.log((await unpackDebian(${ask}))[0]);`;
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      XDG_CACHE_HOME: join(folder, 'cache'),
    };
    const outputs = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          env,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const [line] = await once(child.stdout, 'data');
        return String(line).trim();
      }),
    );
    const wrapper = join(folder, 'cache', 'model-medic', 'greeter', 'bin', 'greeter');
    expect(outputs).toEqual([wrapper, wrapper, wrapper]);
    expect(readFileSync(join(folder, 'downloads'), 'utf8')).toBe('download\n');
    const libraries = join(folder, 'cache', 'model-medic', 'greeter', 'root', 'usr', 'lib', 'x86_64-linux-gnu');
    const env2 = { PATH: '/usr/bin:/bin' };
    expect(spawnSync(wrapper, ['you'], { encoding: 'utf8', env: env2 }).stdout).toBe(`hello you ${libraries}\n`);
  });
});
