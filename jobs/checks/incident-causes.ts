import type { Check, LookContext } from '../../src/contract/job.ts';
import { CAUSES_CHECK } from '../../src/domain/daemon.ts';
import { Fault } from '../../src/domain/fault.ts';
import type { Hypothesis } from '../../src/domain/finding.ts';
import { foldNames } from '../../src/domain/fold-names.ts';
import { count, duration } from '../../src/domain/wording.ts';
import { askSources, type SourceVerdict } from './daemon-sources.ts';
import { arrivalsOf } from './distribution-progress.ts';
import { causesOf } from './transport-causes.ts';
import { failuresOf } from './transport-failures.ts';

/** A file that came so lately came over a transport that works (ms). */
const LATELY_MS = 15 * 60_000;
/** Nodes with failed deliveries that are tested one by one. */
const TESTED_MAX = 8;
const EVIDENCE_MAX = 8;

/** Why may it be so? Looks at the daemon, at what has arrived lately and at each node on which deliveries failed. Finds nothing: what is wrong is said by the other checks. */
export const incidentCauses: Check = {
  name: CAUSES_CHECK,
  summary: 'what may be why: the daemon, transport and each failing node, supported or refuted with the evidence',
  scope: 'cluster',
  byDefault: false,
  run: async (context) => ({
    findings: [],
    unknown: [],
    notes: [],
    hypotheses: (await Promise.all([ofDaemon(context), ofArrivals(context), ofDeliveries(context)])).flat(),
  }),
};

async function ofDaemon(context: LookContext): Promise<Hypothesis[]> {
  // The Python call imports the cluster's code and proves nothing: too slow for what is to be told at once.
  const sources = await askSources({ ...context, daemon: { ...context.daemon, python: false } });
  const says = (verdict: SourceVerdict['verdict']): SourceVerdict[] => sources.filter((one) => one.verdict === verdict);
  const evidence = sources
    .filter(({ verdict }) => verdict !== 'absent')
    .map(({ source, verdict, detail }) => `${context.node.name}, ${source}: ${verdict}: ${detail}`.slice(0, 500))
    .slice(0, EVIDENCE_MAX);
  const [bad] = [...says('down'), ...says('degraded')];
  const words = (text: string): string => text.slice(0, 400);
  if (bad !== undefined)
    return [
      {
        verdict: 'supported',
        words: words(`the distribution daemon is ${bad.verdict === 'down' ? 'down' : 'in trouble'}: ${bad.detail}`),
        evidence,
      },
    ];
  const [up] = says('up');
  if (up !== undefined)
    return [
      { verdict: 'refuted', words: words(`the distribution daemon works (${up.source}: ${up.detail})`), evidence },
    ];
  // A cluster without a daemon has no cause there.
  if (evidence.length === 0) return [];
  return [{ verdict: 'unknown', words: 'nobody tells how the distribution daemon is', evidence }];
}

async function ofArrivals(context: LookContext): Promise<Hypothesis[]> {
  const arrivals = await arrivalsOf(context);
  if (arrivals.kind === 'nobody') return [];
  const nowMs = context.now().getTime();
  return context.models.flatMap(({ name }) => {
    const came = arrivals.of.flatMap(({ node, has }) => {
      const atMs = has.get(name);
      return atMs === undefined || nowMs - atMs > LATELY_MS ? [] : [{ node, atMs }];
    });
    if (came.length === 0) return [];
    const sinceMs = nowMs - Math.min(...came.map(({ atMs }) => atMs));
    const words = `transport is not it: ${count(came.length, 'node')} got ${name} in the last ${duration(Math.max(60_000, sinceMs))}`;
    const evidence = [`with the promoted digest: ${foldNames(came.map(({ node }) => node))}`.slice(0, 500)];
    return [{ verdict: 'refuted' as const, words, evidence }];
  });
}

async function ofDeliveries(context: LookContext): Promise<Hypothesis[]> {
  const targets = context.fleet.filter(({ node }) => node.noTargetBecause === null);
  const failing = (
    await Promise.all(
      targets.map(async (one) => {
        const failures = await failuresOf({ ...context, ...one });
        return failures.kind === 'told' && failures.lines.length > 0 ? [{ ...one, failures }] : [];
      }),
    )
  )
    .flat()
    .slice(0, TESTED_MAX);
  const tested = await Promise.all(
    failing.map(async ({ node, read, failures }) => ({
      node: node.name,
      lines: failures.lines,
      causes: await quietly(() => causesOf({ ...context, node, read }, failures)),
    })),
  );
  const folded = new Map<string, { verdict: Hypothesis['verdict']; words: string; nodes: string[]; lines: string[] }>();
  for (const { node, lines, causes } of tested) {
    for (const { verdict, words } of causes) {
      const known = folded.get(`${verdict} ${words}`) ?? { verdict, words, nodes: [], lines: [] };
      known.nodes.push(node);
      known.lines.push(...lines.slice(0, 2).map((line) => `${node}, ${line}`));
      folded.set(`${verdict} ${words}`, known);
    }
  }
  // What is not it on one node may be it on the next: only what speaks for something is told of a node.
  return [...folded.values()]
    .filter(({ verdict }) => verdict === 'supported')
    .map(({ verdict, words, nodes, lines }) => ({
      verdict,
      words: `${foldNames(nodes)}: ${words}`.slice(0, 400),
      evidence: lines.slice(0, EVIDENCE_MAX).map((line) => line.slice(0, 500)),
    }));
}

async function quietly<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}
