import { daemonNews, isDaemonLook } from './daemon.ts';
import { doctorNews, doctorOf, doctorVerdict, isDoctorLook } from './doctor.ts';
import type { Scope } from './entry.ts';
import { COPIES_CHECK } from './expected.ts';
import { type Finding, modelsConcerned, type Severity } from './finding.ts';
import { foldNames } from './fold-names.ts';
import type { Incident } from './incident.ts';
import type { ModelName, NodeName } from './names.ts';
import { PLAY_CHECK } from './play.ts';
import { isQuarantineLook, quarantineNews } from './quarantine.ts';
import { count, joined } from './wording.ts';

/** The check that says whether bytes are the right ones. */
const DIGESTS = 'model-digest';
const MODELS_NAMED_MAX = 3;
const TITLE_MAX = 150;
const GRAVITY: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** The first line: what is broken, where, how far, and how many nodes did not count. Colour and words say the same. */
export function newsOf(incident: Incident): string {
  const excluded = incident.look?.excluded?.length ?? 0;
  return `${newsOfCounted(incident)}${excluded === 0 ? '' : ` · ${excluded} excluded`}`;
}

function newsOfCounted(incident: Incident): string {
  const { look, findings, flapping } = incident;
  if (isDoctorLook(incident.scope)) return newsOfDoctor(incident);
  if (look === undefined) return newsBeforeLook(incident);
  if (flapping !== undefined)
    return `🟡 ${subjectOf(incident.scope.models)} flapping: wrong ${flapping.times} times and right again in between`;
  if (isDaemonLook(look.scope)) return daemonNews(look.report);
  if (isQuarantineLook(look.scope)) return `⚪ ${quarantineNews(look.report.kept ?? [], look.scope.nodes.length)}`;
  const total = look.scope.nodes.length;
  const unknown = unknownNodes(incident);
  if (findings.length > 0) {
    const wrong = new Set(findings.map(({ node }) => node)).size;
    const severe = incident.status === 'needs_a_human' || findings.some(({ severity }) => severity === 'critical');
    const sign = incident.status === 'closed' ? '⚪' : severe && incident.status !== 'repairing' ? '🔴' : '🟡';
    return `${sign} ${troubleOf(findings, look.scope.models)} on ${wrong} of ${count(total, 'node')}`;
  }
  const asked = askedOnly(look.scope);
  if (asked !== undefined) return `${asked} ${ofThoseThatAnswer(total, unknown.length)}`;
  const subject = subjectOf(look.scope.models);
  if (unknown.length === 0) return `🟢 ${subject} right on ${total === 1 ? '' : 'all '}${count(total, 'node')}`;
  const right = total - unknown.length;
  if (right === 0) {
    const who = total === 1 ? 'the node does not tell' : `none of the ${total} nodes tells`;
    return `⚪ Nothing is known of ${subject.replace(/ (is|are)$/, '')}: ${who}`;
  }
  const sign = incident.isIncident ? '🟢' : '⚪';
  return `${sign} ${subject} right on ${right} of ${right} ${right === 1 ? 'node' : 'nodes'} that ${right === 1 ? 'answers' : 'answer'}, ${count(unknown.length, 'node is', 'nodes are')} unknown`;
}

/** A clear look at one side of models alone says nothing of whether they are right; undefined: it judged them. */
function askedOnly({ checks, models }: Scope): string | undefined {
  if (checks.includes(DIGESTS)) return undefined;
  const named = subjectOf(models).replace(/ (is|are)$/, '');
  if (checks.includes(PLAY_CHECK)) return `⚪ No process was seen that plays an old file of ${named}`;
  return checks.includes(COPIES_CHECK) ? `⚪ Copies of ${named} were asked for` : undefined;
}

function ofThoseThatAnswer(total: number, unknown: number): string {
  return unknown === 0
    ? `on ${count(total, 'node')}`
    : `on ${count(total - unknown, 'node')} of ${total}; ${count(unknown, 'node is', 'nodes are')} unknown`;
}

function newsOfDoctor(incident: Incident): string {
  const lines = doctorOf(incident);
  const sign = { wrong: '🔴', unknown: '⚪', right: '🟢' }[doctorVerdict(lines)];
  return `${sign} What medic needs: ${doctorNews(lines)}`;
}

/** What is wrong, models first; what is about nodes alone is told by its gravest finding. */
function troubleOf(findings: readonly Finding[], all: readonly ModelName[]): string {
  const models = modelsConcerned(findings) ?? all;
  const [gravest] = findings.toSorted((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);
  if (models.length > 0 || gravest === undefined) return `${subjectOf(models)} wrong`;
  const kinds = new Set(findings.map(({ code }) => code)).size;
  const title = gravest.title.length > TITLE_MAX ? `${gravest.title.slice(0, TITLE_MAX - 1)}…` : gravest.title;
  const nodes = foldNames([...new Set(findings.map(({ node }) => node))]);
  return `${nodes}: ${title}${kinds > 1 ? ` and ${count(kinds - 1, 'other finding')}` : ''}`;
}

/** Nodes about which something is unknown and nothing wrong is known. */
export function unknownNodes({ unknown, findings }: Pick<Incident, 'unknown' | 'findings'>): NodeName[] {
  const wrong = new Set(findings.map(({ node }) => node));
  return [...new Set(unknown.map(({ node }) => node))].filter((node) => !wrong.has(node));
}

/** `hex8_2p is`, `hex8_2p and hex8_3p are`, `5 models are`; no model at all: `Something is`. */
export function subjectOf(models: readonly ModelName[]): string {
  const names = [...new Set(models)];
  if (names.length === 0) return 'Something is';
  if (names.length > MODELS_NAMED_MAX) return `${names.length} models are`;
  return `${joined(names)} ${names.length === 1 ? 'is' : 'are'}`;
}

function newsBeforeLook(incident: Incident): string {
  if (incident.notice !== undefined) return `ℹ️ ${incident.notice[0] ?? incident.text}`;
  const { models, nodes } = incident.scope;
  const subject = subjectOf(models).replace(/ (is|are)$/, '');
  if (incident.failures.some(({ what }) => what === 'look') && incident.status === 'needs_a_human') {
    return `⚪ ${subject}: the look at ${count(nodes.length, 'node')} failed, nothing is known`;
  }
  return `⚪ Looking at ${subject} on ${count(nodes.length, 'node')} …`;
}
