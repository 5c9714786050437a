import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createLocalSessions } from '../../src/ssh/local-sessions.ts';
import { sessionsConformance } from '../conformance/sessions.ts';
import { nodeForTests } from './node-for-tests.ts';

const shells = ['/bin/dash', '/bin/bash', '/bin/busybox'].filter((path) => existsSync(path));

for (const shell of shells) {
  describe(`with ${shell}`, () => {
    sessionsConformance(`local, ${shell}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'medic-local-'));
      const home = join(folder, 'home');
      const bin = join(folder, 'bin');
      await mkdir(home);
      await mkdir(bin);
      await symlink(shell, join(bin, 'sh'));
      const usual = execFileSync('/bin/sh', ['-c', 'echo "$PATH"'], { encoding: 'utf8' }).trim();
      const sessions = createLocalSessions({ home, path: `${bin}:${usual}` });
      return {
        sessions,
        node: nodeForTests({ name: 'here', local: true }),
        async close() {
          await sessions.close();
          await rm(folder, { recursive: true, force: true });
        },
      };
    });
  });
}
