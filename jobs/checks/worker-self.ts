import type { Check } from '../../src/contract/job.ts';
import { DOCTOR_CHECK } from '../../src/domain/doctor.ts';
import { type RoundTrip, workerLines } from '../../src/domain/doctor-worker.ts';
import { Fault } from '../../src/domain/fault.ts';
import { roundTrip } from '../../src/facts/round-trip.ts';

/** Has the worker what it needs, and does it reach its nodes? */
export const workerSelf: Check = {
  name: DOCTOR_CHECK,
  summary: 'what the worker needs: inventory, SSH keys, known_hosts, a way to each node, state folder, clock',
  scope: 'cluster',
  byDefault: false,
  needsNoSource: true,
  run: async ({ worker, fleet }) => {
    if (worker === undefined) throw new Fault('parse', 'this is no look of a worker');
    const [facts, trips] = await Promise.all([worker(), Promise.all(fleet.map(tripTo))]);
    const unknown = trips.flatMap(({ node, failure }) =>
      failure === undefined ? [] : [{ node, check: DOCTOR_CHECK, ...failure }],
    );
    return { findings: [], unknown, notes: [], self: workerLines(facts, trips) };
  },
};

/** One question that changes nothing; a node that does not answer is an answer here. */
async function tripTo({ node, read }: Parameters<Check['run']>[0]['fleet'][number]): Promise<RoundTrip> {
  try {
    await read(roundTrip());
    return { node: node.name };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { node: node.name, failure: { reason: error.reason, detail: error.message.slice(0, 1_000) } };
  }
}
