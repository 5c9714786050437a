import type { LookContext } from '../../src/contract/job.ts';
import { Fault } from '../../src/domain/fault.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { eventsOf } from '../../src/domain/log-lines.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Node } from '../../src/domain/node.ts';
import { isMismatch, readLedger, readLogs } from './daemon-sources.ts';
import { measureFiles } from './model-fault.ts';
import { expectedOf, surveyOf } from './survey-of.ts';

const NODES_MAX = 12;

/** A node on which the daemon says that checksums differ, and the files it means; none named: it did not say which. */
type Accused = { readonly node: Node; readonly files: readonly string[] };

/** `everywhere`: on every node that is accused, so that nothing is left of the complaint. */
export type StaleCache = { readonly finding?: Finding; readonly everywhere: boolean };

/** Said when the daemon reports mismatches on nodes whose bytes are right: its cache of checksums is old, and nothing has to be sent. */
export async function staleCache(context: LookContext): Promise<StaleCache> {
  const all = await accusedNodes(context);
  const accused = all.slice(0, NODES_MAX);
  const nowhereElse = all.length === accused.length;
  const judged = await Promise.all(accused.map(async (one) => ({ one, right: await isRight(context, one) })));
  const cleared = judged.filter(({ right }) => right).map(({ one }) => one);
  if (cleared.length === 0) return { everywhere: false };
  const nodes = cleared.map(({ node }) => node.name);
  const found = finding({
    code: 'daemon_cache_stale',
    node: context.node.name,
    subject: 'model_distribution',
    severity: 'warning',
    title: `the daemon reports checksum mismatches on ${nodes.join(', ')}, where the bytes are right`.slice(0, 300),
    evidence: [
      ...cleared.map(
        ({ node, files }) => `${node.name}: ${files.join(', ') || 'every model'} has the digest on record`,
      ),
      'its cache of checksums is older than the promotion: restart the daemon by the cluster’s own launcher; nothing has to be sent',
    ],
  });
  return { finding: found, everywhere: nowhereElse && cleared.length === judged.length };
}

async function accusedNodes(context: LookContext): Promise<Accused[]> {
  const [ledger, logs] = await Promise.all([quietly(() => readLedger(context)), quietly(() => readLogs(context))]);
  const said = [
    ...(ledger?.kind === 'read' ? ledger.failed : [])
      .filter(isMismatch)
      .map(({ node, files }) => ({ host: node, files })),
    ...eventsOf(logs?.logs.flatMap(({ lines }) => lines) ?? [])
      .filter(({ kind }) => kind === 'mismatch')
      .map(({ host = '', file }) => ({ host, files: file === undefined ? [] : [file] })),
  ];
  const byNode = new Map<string, Accused>();
  for (const { host, files } of said) {
    const node = nodeAt(context, host);
    if (node === undefined) continue;
    const known = byNode.get(node.name)?.files ?? [];
    byNode.set(node.name, { node, files: [...new Set([...known, ...files])] });
  }
  return [...byNode.values()];
}

/** The node that a daemon's line means, by its name or one of its addresses. Several nodes behind one address: nobody can tell which. */
export function nodeAt({ fleet }: Pick<LookContext, 'fleet'>, host: string): Node | undefined {
  const named = fleet.find(({ node }) => node.name === host);
  if (named !== undefined) return named.node;
  const there = fleet.filter(({ node }) => node.addresses.some((address) => address.host === host));
  return there.length === 1 ? there[0]?.node : undefined;
}

/** Every file that is meant has the digest on record; a node that does not answer proves nothing. */
async function isRight(context: LookContext, { node, files }: Accused): Promise<boolean> {
  const read = context.fleet.find((one) => one.node.name === node.name)?.read;
  const named = context.models.filter(({ canonical, alias }) => files.includes(canonical) || files.includes(alias));
  const models = named.length > 0 ? named : context.models;
  if (read === undefined || models.length === 0) return false;
  const there = { ...context, node, read, models };
  const measured = await quietly(async () => measureFiles(there, await surveyOf(there), models));
  return measured !== undefined && models.every((model) => hasRecorded(context, model, measured.get(model.canonical)));
}

function hasRecorded(context: LookContext, model: Model, digest: string | null | undefined): boolean {
  const current = expectedOf(context, model).record.current;
  return current !== null && current.digest === digest;
}

/** The answer, or nothing where the node gave none: who asks for more than that source has told it already. */
async function quietly<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
