import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { compile } from './compiled.mjs';
import { projectFolder, runMain } from './run.mjs';

// `npm run build`: bot, worker and shell as plain JavaScript in dist/src, which runs where the sources and the compiler are not.
await runMain(async () => {
  rmSync(join(projectFolder, 'dist'), { recursive: true, force: true });
  await compile(join(projectFolder, 'dist', 'src'), projectFolder, esbuild);
  return 0;
});
