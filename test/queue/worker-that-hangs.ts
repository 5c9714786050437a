import { openHands } from '../../src/keys/entry-keys.ts';
import { connectRedis, serverAt } from '../../src/ledger/connect.ts';
import { startWorkers } from '../../src/queue/queues.ts';

// A worker of its own process that says what it was given and never ends it; the test kills it.
const [, , socketPath = '', prefix = '', stateDir = ''] = process.argv;
const logger = { info: () => {}, warn: () => {}, error: () => {} };
const hang = (what: string) => (): Promise<void> => {
  process.stdout.write(`${what}\n`);
  return new Promise(() => {});
};
startWorkers(
  { connection: connectRedis(serverAt(socketPath), 'patient', () => {}), prefix },
  {
    check: hang('check'),
    plan: hang('plan'),
    execute: hang('execute'),
    onSetAside: hang('set aside'),
    onDead: { plan: hang('dead plan'), execute: hang('dead execute') },
  },
  logger,
  { cluster: 'test', hands: openHands(stateDir, {}) },
);
