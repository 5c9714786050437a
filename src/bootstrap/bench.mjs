import { join } from 'node:path';
import { ensureDebianPackages, ensureNodeModules } from './packages.mjs';
import { projectFolder, runGroup, runMain, say } from './run.mjs';
import { testEnvironment } from './test-environment.mjs';
import { findTestTools } from './test-tools.mjs';

const PEERS = ['clustershell', 'ansible-core', 'rsync', 'iproute2', 'openssl'];

// `npm run bench`: measures against other tools on this machine; a peer that is not here is left out and said.
await runMain(async () => {
  await ensureNodeModules();
  const tools = await findTestTools({ without: ['chromium', 'python3-torch'] });
  const missing = await ensureDebianPackages(PEERS, 'the benchmark');
  if (missing.length > 0) say(`not here, and only root can install it: ${missing.join(' ')}`);
  const args = ['--import', 'tsx', join('test', 'bench', 'bench.ts'), ...process.argv.slice(2)];
  return runGroup(process.execPath, args, { env: testEnvironment(tools), cwd: projectFolder });
});
