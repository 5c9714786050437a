import type { Check, LookContext } from '../../src/contract/job.ts';
import { TRANSPORT_CHECK } from '../../src/domain/daemon.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { count, duration } from '../../src/domain/wording.ts';
import { causesOf } from './transport-causes.ts';
import { type Failures, failuresOf } from './transport-failures.ts';

/** Why do deliveries to this node fail? Asked only of nodes on which the daemon's ledger or log tells of a failure. */
export const transportDiagnosis: Check = {
  name: TRANSPORT_CHECK,
  summary: 'why deliveries fail: what is supported and what is refuted, with the evidence',
  byDefault: false,
  run: async (context) => {
    const failures = await failuresOf(context);
    const window = duration(context.daemon.windowMinutes * 60_000);
    if (failures.kind === 'unknown') {
      const { reason, detail } = failures;
      return {
        findings: [],
        unknown: [{ node: context.node.name, check: TRANSPORT_CHECK, reason, detail }],
        notes: [],
      };
    }
    if (failures.lines.length === 0)
      return { findings: [], unknown: [], notes: [`no failed delivery in the last ${window}`] };
    return { findings: await findingsFor(context, failures, window), unknown: [], notes: [] };
  },
};

async function findingsFor(context: LookContext, failures: Failures, window: string): Promise<Finding[]> {
  const { node } = context;
  const causes = await causesOf(context, failures);
  const supported = causes.filter(({ verdict }) => verdict === 'supported');
  const evidence = [...failures.lines.slice(0, 6), ...causes.map(({ verdict, words }) => `${verdict}: ${words}`)].slice(
    0,
    20,
  );
  const why = supported.length === 0 ? 'no cause found on the node' : supported.map(({ words }) => words).join('; ');
  const failing = finding({
    code: 'transport_failing',
    node: node.name,
    subject: 'delivery',
    severity: 'warning',
    title: `${count(failures.count, 'failed delivery', 'failed deliveries')} in the last ${window}: ${why}`.slice(
      0,
      300,
    ),
    evidence,
  });
  if (!failures.breaker) return [failing];
  const breaker = finding({
    code: 'breaker_open',
    node: node.name,
    subject: 'circuit breaker',
    severity: 'warning',
    title:
      'the daemon’s circuit breaker has opened for it: nothing is sent there for a minute after each fifth failure',
    evidence: failures.lines.filter((line) => /circuit breaker/i.test(line)).slice(0, 5),
  });
  return [failing, breaker];
}
