import { createRedisChanges } from '../../src/ledger/redis-changes.ts';
import { changesConformance } from '../conformance/changes.ts';
import { startRedisHere } from '../support/builders/redis-here.ts';

changesConformance('Redis', async () => {
  const server = await startRedisHere();
  const open = () => createRedisChanges(server.connect(), 'medic:test');
  return { changes: open(), other: open, close: () => server.close() };
});
