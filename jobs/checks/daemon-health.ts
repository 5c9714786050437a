import type { Check, LookContext } from '../../src/contract/job.ts';
import { DAEMON_CHECK } from '../../src/domain/daemon.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { staleCache } from './daemon-cache.ts';
import { askSources, type SourceVerdict } from './daemon-sources.ts';

const SUBJECT = 'model_distribution';

/** How is the distribution daemon, seen through every source that there is? Each is told with its verdict; those that disagree are told as disagreeing. */
export const daemonHealth: Check = {
  name: DAEMON_CHECK,
  summary: 'the distribution daemon through its HTTP status, ledger, log and Python call',
  scope: 'cluster',
  byDefault: false,
  run: async (context) => {
    const stale = await staleCache(context);
    const sources = await askSources(context, new Set(stale.everywhere ? ['mismatch'] : []));
    const unknown = sources.flatMap(({ source, verdict, reason, detail }) =>
      verdict === 'unknown' && reason !== undefined
        ? [{ node: context.node.name, check: DAEMON_CHECK, reason, detail: `${source}: ${detail}` }]
        : [],
    );
    const trouble = troubleOf(context, sources);
    return {
      findings: [...(trouble === undefined ? [] : [trouble]), ...(stale.finding === undefined ? [] : [stale.finding])],
      unknown,
      notes: [
        ...sources.map(({ source, verdict, detail }) => `${source}: ${verdict}: ${detail}`),
        ...disagreement(sources),
      ],
    };
  },
};

/** The one finding that the sources add up to; undefined: one of them says that the daemon is up, and none that it is not. */
function troubleOf({ node, daemon }: LookContext, sources: readonly SourceVerdict[]): Finding | undefined {
  const says = (verdict: SourceVerdict['verdict']): SourceVerdict[] => sources.filter((one) => one.verdict === verdict);
  const evidence = sources.map(({ source, verdict, detail }) => `${source}: ${verdict}: ${detail}`);
  const base = { node: node.name, subject: SUBJECT, evidence: [...evidence, ...disagreement(sources)] };
  const [down] = says('down');
  if (down !== undefined) {
    const title = `the distribution daemon is down (${down.source}: ${down.detail})`.slice(0, 300);
    return finding({ ...base, code: 'daemon_down', severity: 'critical', title });
  }
  const degraded = says('degraded');
  if (degraded.length > 0) {
    const { nodes = [], of = 0 } = degraded.find(({ failing }) => failing !== undefined)?.failing ?? {};
    const severe =
      nodes.length >= daemon.criticalNodes || (of > 0 && nodes.length * 100 >= of * daemon.criticalPercent);
    const title = `the distribution daemon is in trouble: ${degraded.map(({ detail }) => detail).join('; ')}`.slice(
      0,
      300,
    );
    return finding({
      ...base,
      code: 'daemon_degraded',
      severity: severe && nodes.length > 0 ? 'critical' : 'warning',
      title,
    });
  }
  // With every source switched off in medic.yaml there is no daemon to observe.
  if (says('up').length > 0 || sources.length === 0) return undefined;
  const title = 'no source tells how the distribution daemon is';
  return finding({ ...base, code: 'daemon_unobservable', severity: 'warning', title });
}

/** Sources of which one says that it works and another that it does not. */
function disagreement(sources: readonly SourceVerdict[]): string[] {
  const works = sources.filter(({ verdict }) => verdict === 'up').map(({ source }) => source);
  const fails = sources
    .filter(({ verdict }) => verdict === 'down' || verdict === 'degraded')
    .map(({ source }) => source);
  if (works.length === 0 || fails.length === 0) return [];
  return [`the sources disagree: ${works.join(', ')} says that it works, ${fails.join(', ')} that it does not`];
}
