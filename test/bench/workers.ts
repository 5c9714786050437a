import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { CheckJob } from '../../src/contract/dispatch.ts';
import { openInventory } from '../../src/wire.ts';
import { type Root, startRoot } from '../support/flow/children.ts';
import { type Office, openOffice, quiet } from '../support/flow/office.ts';
import { configOf, soleApprover, startSite } from '../support/flow/site.ts';
import { until } from '../support/flow/until.ts';
import { type BenchOptions, type BenchRow, timed, timeRow } from './bench-row.ts';
import { startDelayingRelay } from './delaying-relay.ts';

const LATENCY_MS = 50;
/** Looks that one worker makes at once: few, so that the latency and not this machine's two cores is what binds. */
const AT_ONCE = 2;
/** What is asked of a node: a single short question, since what starts programs there binds this machine's cores too. */
const CHECKS = ['reachable'];
const GOALS: Readonly<Record<number, number>> = { 2: 1.9, 4: 3.6 };
const Hosts = z.looseObject({
  hosts: z.record(z.string(), z.looseObject({ ssh_host: z.string(), ssh_port: z.number() })),
});

/** The same looks by 1, 2 and 4 workers on one Redis, each node 50 ms away. */
export async function benchWorkers({ short, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const names = Array.from({ length: short ? 4 : 16 }, (_, index) => `n${index + 1}`);
  const looks = short ? 8 : 160;
  const rounds = short ? 1 : 3;
  say(`starting ${names.length} sshd, each ${LATENCY_MS} ms away`);
  const coordinator = { name: 'mac-studio', extra: { role: 'coordinator', gpu: 'none' } };
  const site = await startSite([coordinator, ...names.map((name) => ({ name }))], ['hex8_2p']);
  const relays: { close(): Promise<void> }[] = [];
  const workers: Root[] = [];
  let office: Office | undefined;
  try {
    const config = await site.configure('workers', [
      ...soleApprover,
      `limits: { looksAtOnce: ${AT_ONCE}, diskWarnPercent: 100 }`,
    ]);
    relays.push(...(await putFarAway(configOf(config))));
    office = await openOffice(configOf(config));
    const times = new Map<number, number[]>([
      [1, []],
      [2, []],
      [4, []],
    ]);
    for (const [count, list] of times) {
      while (workers.length < count) workers.push(await startRoot('worker', config));
      // Not measured: every worker's connections are opened.
      await lookAll(office, await looksAt(office, names, names.length * count * AT_ONCE));
      for (let round = 1; round <= rounds; round += 1) {
        const of = office;
        const asked = await looksAt(of, names, looks);
        await timed(list, () => lookAll(of, asked));
        say(`${count} workers, round ${round} of ${rounds}: ${list.at(-1)?.toFixed(2)} s for ${looks} looks`);
      }
    }
    const one = times.get(1) ?? [];
    return [2, 4].map((count) =>
      timeRow({
        name: `workers ${count}`,
        what: `${looks} looks at nodes ${LATENCY_MS} ms away, ${AT_ONCE} at once a worker; peer: one worker`,
        unit: 's',
        goal: GOALS[count] ?? 1,
        ours: times.get(count) ?? [],
        peer: one,
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await office?.close();
    await Promise.all(relays.map((relay) => relay.close()));
    await site.close();
  }
}

/** Opens so many looks, one node each; nobody makes them yet. */
async function looksAt(office: Office, names: readonly string[], looks: number): Promise<CheckJob[]> {
  const inventory = openInventory(office.config, quiet).current().digest;
  const jobs: CheckJob[] = [];
  for (let count = 0; count < looks; count += 1) {
    const { incident, scope } = await office.open([names[count % names.length] ?? ''], 'check');
    jobs.push({ incident, scope: { ...scope, checks: CHECKS }, fresh: false, inventory });
  }
  return jobs;
}

/** Hands them out and waits until all have been made; throws when one failed. */
async function lookAll(office: Office, jobs: readonly CheckJob[]): Promise<void> {
  const waiting = new Set(jobs.map(({ incident }) => incident));
  await Promise.all(jobs.map((job) => office.dispatch.check(job)));
  await until(
    'every look is made',
    async () => {
      for (const incident of waiting) {
        const ended = (await office.entries(incident)).find(
          ({ event }) => event.kind === 'checked' || event.kind === 'check_failed',
        );
        if (ended === undefined) return false;
        if (ended.event.kind !== 'checked') throw new Error(`a look failed: ${JSON.stringify(ended.event)}`);
        waiting.delete(incident);
      }
      return true;
    },
    300_000,
  );
}

/** Puts a delaying relay before every node of the inventory, and its address into inventory and known_hosts. */
async function putFarAway(files: { readonly inventoryFile: string; readonly knownHostsFile: string }) {
  const inventory = Hosts.parse(parse(await readFile(files.inventoryFile, 'utf8'), { version: '1.1' }));
  let known = await readFile(files.knownHostsFile, 'utf8');
  const relays: { close(): Promise<void> }[] = [];
  for (const entry of Object.values(inventory.hosts)) {
    const relay = await startDelayingRelay({ host: entry.ssh_host, port: entry.ssh_port }, LATENCY_MS / 2);
    relays.push(relay);
    known = known.replace(`[${entry.ssh_host}]:${entry.ssh_port} `, `[${entry.ssh_host}]:${relay.port} `);
    entry.ssh_port = relay.port;
  }
  await writeFile(files.inventoryFile, stringify(inventory));
  await writeFile(files.knownHostsFile, known);
  return relays;
}
