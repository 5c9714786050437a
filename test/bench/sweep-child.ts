import { once } from 'node:events';
import { userInfo } from 'node:os';
import { createSshSessions } from '../../src/ssh/ssh-sessions.ts';
import { entriesOf, fleetNode } from '../ssh/keys-for-tests.ts';
import { timed } from './bench-row.ts';
import { surveysOf } from './sweep.ts';
import { SweepAbout } from './sweep-many.ts';

// The looking process of `bench -- many`: sweeps cold and warm, and tells times and memory.
const [message] = await once(process, 'message');
const { nodes: fleet, keyPath, knownHostsPath, rounds } = SweepAbout.parse(message);
const knownHosts = await entriesOf(knownHostsPath);
const nodes = fleet.map(({ name, address }) => fleetNode({ name, address, user: userInfo().username, keyPath }));
const open = () => createSshSessions({ knownHosts, nodeByName: () => undefined });
globalThis.gc?.();
const rssBefore = process.memoryUsage.rss();
const [cold, warm]: [number[], number[]] = [[], []];
const kept = open();
await surveysOf(kept, nodes);
for (let round = 0; round < rounds; round += 1) await timed(warm, () => surveysOf(kept, nodes));
globalThis.gc?.();
const rssAfter = process.memoryUsage.rss();
await kept.close();
for (let round = 0; round < rounds; round += 1) {
  const sessions = open();
  await timed(cold, () => surveysOf(sessions, nodes));
  await sessions.close();
}
process.send?.({ cold, warm, rssBefore, rssAfter });
process.disconnect();
