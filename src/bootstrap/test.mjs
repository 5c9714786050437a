import { join } from 'node:path';
import { ensureNodeModules } from './packages.mjs';
import { projectFolder, runGroup, runMain } from './run.mjs';
import { sayLeftOut, testEnvironment } from './test-environment.mjs';
import { findTestTools } from './test-tools.mjs';

// `npm test`: brings what the suite needs as far as this user can, says what is left out, runs vitest.
await runMain(async () => {
  await ensureNodeModules();
  const tools = await findTestTools();
  sayLeftOut(tools);
  const vitest = join(projectFolder, 'node_modules', 'vitest', 'vitest.mjs');
  const code = await runGroup(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    env: testEnvironment(tools),
    cwd: projectFolder,
  });
  sayLeftOut(tools);
  return code;
});
