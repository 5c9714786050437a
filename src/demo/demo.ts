import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInstallation } from './installation.ts';
import { runTour } from './tour.ts';

const PAGE_PORT = 3333;
/** How long the tour waits after each line of the narrator. */
const READING_MS = 1_200;

// `npm run demo` starts the installation and prints its page; with --tour the scene plays here and ends by itself.
const tour = process.argv.includes('--tour');
const startedMs = Date.now();
const folder = await mkdtemp(join(tmpdir(), 'medic-demo-'));
let ending: Promise<void> | undefined;
process.stderr.write('starting Redis, 9 SSH nodes, a local Slack, the bot and the worker …\n');
const starting = startInstallation({ folder, slackPort: tour ? 0 : PAGE_PORT, onDeath: (what) => void end(1, what) });
process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));
process.once('SIGHUP', () => void end(0));
try {
  const installation = await starting;
  if (tour) {
    const ok = await runTour(installation, (line) => process.stdout.write(`${line}\n`), { paceMs: READING_MS });
    await end(ok ? 0 : 1, ok ? undefined : `logs are kept in ${folder}`);
  } else {
    await installation.alert();
    process.stdout.write(welcome(installation.slack.url));
  }
} catch (error) {
  await end(
    1,
    `the demo could not start: ${error instanceof Error ? error.message : String(error)}; logs are in ${folder}`,
  );
}

function welcome(url: string): string {
  return [
    '',
    `  ${url}`,
    '',
    'Open it in a browser. You are Alice, on call; switch to Bob at the top to approve what she may not.',
    'An alert has opened a thread in #incidents: its plans wait there for Approve. Or type /models help.',
    `Break a node by hand, if you like, and check again: its files are in ${join(folder, 'fleet', 'vast-1', 'home')}`,
    `Logs: ${join(folder, 'bot.log')} and worker.log beside it. Ready after ${((Date.now() - startedMs) / 1_000).toFixed(1)} s.`,
    'Ctrl-C ends everything and removes that folder.',
    '',
  ].join('\n');
}

/** Ends the installation once, also while it starts; with a reason the folder stays, for its logs. */
function end(code: number, why?: string): Promise<void> {
  ending ??= (async () => {
    if (why !== undefined) process.stderr.write(`${why}\n`);
    const installation = await starting.catch(() => undefined);
    await installation?.close();
    if (why === undefined) await rm(folder, { recursive: true, force: true });
    process.exit(code);
  })();
  return ending;
}
