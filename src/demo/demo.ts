import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInstallation } from './installation.ts';
import { runTour } from './tour.ts';

// `npm run demo` starts the installation and prints its page; with --tour the scene plays here and ends by itself.
const tour = process.argv.includes('--tour');
const folder = await mkdtemp(join(tmpdir(), 'medic-demo-'));
let ending: Promise<void> | undefined;
process.stderr.write('starting Redis, 9 SSH nodes, a local Slack, the bot and the worker …\n');
const installation = await startInstallation({ folder, slackPort: 0, onDeath: (what) => void end(1, what) });
process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));
if (tour) {
  const ok = await runTour(installation, (line) => process.stdout.write(`${line}\n`));
  await end(ok ? 0 : 1);
} else {
  await installation.alert();
  process.stdout.write(
    `\n  ${installation.slack.url}\n\nOpen it in a browser. You are Alice, on call; switch to Bob to approve. Ctrl-C ends everything.\n`,
  );
}

function end(code: number, why?: string): Promise<void> {
  ending ??= (async () => {
    if (why !== undefined) process.stderr.write(`${why}\n`);
    await installation.close();
    if (why === undefined) await rm(folder, { recursive: true, force: true });
    process.exit(code);
  })();
  return ending;
}
