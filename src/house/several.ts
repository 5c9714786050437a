import type { ApprovalDesk, CommandContext, Reply } from '../contract/command.ts';
import type { Ledger } from '../contract/ledger.ts';
import { takeCluster, whichCluster } from '../domain/in-cluster.ts';
import { IncidentId, ReceiptId } from '../domain/names.ts';
import { splitWords } from '../domain/words.ts';
import { runWords } from '../engine/run-words.ts';
import type { Cluster } from './cluster.ts';

/** Clusters of one installation, at least one. */
type Clusters = readonly Cluster[];

type Asked = Pick<CommandContext, 'who' | 'place'> & { readonly incident?: IncidentId | undefined };
type Chosen =
  | { readonly ok: true; readonly cluster: Cluster; readonly words: readonly string[] }
  | Extract<Reply, { kind: 'refused' }>;

/** Commands that are the same for every cluster. */
const OF_NONE: ReadonlySet<string> = new Set(['help', '--help', '-h', 'validate', 'manifest', 'completion']);

/** Whether the answer to this command is the same for every cluster, so that none has to be named. */
export function sameEverywhere(command = 'help'): boolean {
  return OF_NONE.has(command);
}

/** Runs words in the cluster that they name, else in that of their thread, of an id among them, of their channel, or in the only one. */
export async function runIn(clusters: Clusters, text: string, asked: Asked): Promise<Reply> {
  const split = splitWords(text);
  if (!split.ok) return { kind: 'refused', refusal: split.refusal };
  const { words } = split;
  const chosen = await chooseCluster(clusters, words, asked);
  if ('kind' in chosen) return chosen;
  const { cluster } = chosen;
  const reply = await runWords(chosen.words, await cluster.contextOf({ ...asked, incident: asked.incident }));
  return clusters.length === 1 || sameEverywhere(words[0]) ? reply : headed(reply, cluster.config.cluster);
}

/** The cluster that somebody means, and the words without its name. */
export async function chooseCluster(clusters: Clusters, words: readonly string[], asked: Asked): Promise<Chosen> {
  const names = clusters.map(({ config }) => config.cluster);
  const taken = takeCluster(words, names);
  if (!taken.ok) return { kind: 'refused', refusal: taken.refusal };
  const cluster =
    clusters.find(({ config }) => config.cluster === taken.cluster) ??
    (clusters.length === 1 ? clusters[0] : undefined) ??
    (await clusterOfIds(clusters, [asked.incident ?? '', ...taken.words])) ??
    clusterOfChannel(clusters, asked.place?.channel) ??
    (sameEverywhere(words[0]) ? clusters[0] : undefined);
  return cluster === undefined
    ? { kind: 'refused', refusal: whichCluster(names) }
    : { ok: true, cluster, words: taken.words };
}

/** Ledgers of several clusters as one: what an id names says whose it is. */
export function oneLedger(clusters: Clusters): Pick<Ledger, 'append' | 'entries' | 'ofRequest' | 'ofReceipt'> {
  const ofIncident = async (id: IncidentId) =>
    ((await clusterOfIds(clusters, [id])) ?? firstIn(clusters)).memory.ledger;
  return {
    append: async (id, ...entry) => (await ofIncident(id)).append(id, ...entry),
    entries: async (id) => (await ofIncident(id)).entries(id),
    ofRequest: (id) => firstOf(clusters, ({ memory }) => memory.ledger.ofRequest(id)),
    ofReceipt: (id) => firstOf(clusters, ({ memory }) => memory.ledger.ofReceipt(id)),
  };
}

/** Desks of several clusters as one: a request is known in one of them only, and only its key signs. */
export function oneDesk(clusters: Clusters): Pick<ApprovalDesk, 'approve' | 'reject'> {
  const ofRequest: (id: string) => Promise<Cluster> = async (id) =>
    (await firstOf(clusters, async (cluster) =>
      (await cluster.memory.ledger.ofRequest(id)) === undefined ? undefined : cluster,
    )) ?? firstIn(clusters);
  return {
    approve: async (id, who) => (await ofRequest(id)).desk.approve(id, who),
    reject: async (id, who, reason) => (await ofRequest(id)).desk.reject(id, who, reason),
  };
}

function clusterOfChannel(clusters: Clusters, channel: string | undefined): Cluster | undefined {
  const own = clusters.filter(
    ({ config: { slack } }) =>
      channel !== undefined && (slack.incidentChannel === channel || slack.watchChannels.includes(channel)),
  );
  return own.length === 1 ? own[0] : undefined;
}

async function clusterOfIds(clusters: Clusters, words: readonly string[]): Promise<Cluster | undefined> {
  return oneThatKnows(clusters, ({ memory }) => Promise.resolve(memory.ledger), words);
}

/** The one of several clusters whose ledger knows an incident, a receipt or a plan by an id among these words; where several do, nobody said which. */
export async function oneThatKnows<T>(
  clusters: readonly T[],
  ledgerOf: (cluster: T) => Promise<Pick<Ledger, 'entries' | 'ofReceipt' | 'ofPlan'>>,
  words: readonly string[],
): Promise<T | undefined> {
  const ids = words.filter(isId);
  if (ids.length === 0) return undefined;
  const ledgers = await Promise.all(clusters.map(ledgerOf));
  for (const id of ids) {
    const knowing = await Promise.all(ledgers.map((ledger) => knows(ledger, id)));
    const [known, ...others] = clusters.filter((_, index) => knowing[index]);
    if (known !== undefined && others.length === 0) return known;
  }
  return undefined;
}

/** What a plan is called by; shorter ones are words. */
const PLAN_START = /^[0-9a-f]{8,64}$/;

function isId(word: string): boolean {
  return IncidentId.safeParse(word).success || ReceiptId.safeParse(word).success || PLAN_START.test(word);
}

async function knows(ledger: Pick<Ledger, 'entries' | 'ofReceipt' | 'ofPlan'>, id: string): Promise<boolean> {
  if (IncidentId.safeParse(id).success) return (await ledger.entries(id)).length > 0;
  if (ReceiptId.safeParse(id).success) return (await ledger.ofReceipt(id)) !== undefined;
  return (await ledger.ofPlan(id)).length > 0;
}

async function firstOf<T>(
  clusters: Clusters,
  ask: (cluster: Cluster) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const cluster of clusters) {
    const answer = await ask(cluster);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function firstIn([first]: Clusters): Cluster {
  if (first === undefined) throw new Error('an installation has at least one cluster');
  return first;
}

/** The first line of an answer says which cluster it is about. */
function headed(reply: Reply, cluster: string): Reply {
  if (reply.kind === 'refused')
    return { kind: 'refused', refusal: { ...reply.refusal, text: `${cluster}: ${reply.refusal.text}` } };
  if (reply.kind !== 'said') return reply;
  const [first = '', ...rest] = reply.lines;
  return { ...reply, lines: [`${cluster}: ${first}`, ...rest] };
}
