import type { ModelCopy } from '../../src/domain/expected.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import { foldNames } from '../../src/domain/fold-names.ts';
import type { Model } from '../../src/domain/model.ts';
import { count, shortHash, bytes as sizeWords } from '../../src/domain/wording.ts';

const CANDIDATES_MAX = 15;

/** Said of a model of which nobody can tell the right bytes, with every candidate there is. */
export function dispute(node: string, { name, canonical }: Model, why: string, copies: readonly ModelCopy[]): Finding {
  return finding({
    code: 'digest_disputed',
    node,
    model: name,
    subject: canonical,
    severity: 'critical',
    title: `nobody knows which ${canonical} is right: ${why}`.slice(0, 300),
    evidence: candidateLines(copies).slice(0, CANDIDATES_MAX),
  });
}

/** One line a digest: when it was written, how large and how sound it is, and where it lies; the one on most nodes first. */
export function candidateLines(copies: readonly ModelCopy[]): string[] {
  const byDigest = new Map<string, ModelCopy[]>();
  for (const copy of copies) byDigest.set(copy.digest, [...(byDigest.get(copy.digest) ?? []), copy]);
  return [...byDigest.values()].toSorted((a, b) => b.length - a.length).flatMap(candidateLine);
}

function candidateLine(copies: readonly ModelCopy[]): string[] {
  const [first] = copies;
  if (first === undefined) return [];
  const { digest, bytes, model, sound, detail } = first;
  const written = new Date(Math.max(...copies.map(({ mtimeS }) => mtimeS)) * 1_000).toISOString().slice(0, 16);
  const isLive = ({ path }: ModelCopy): boolean =>
    !path.includes('/') && path.includes(model) && !/backup|\.bak$/.test(path);
  const live = [...new Set(copies.filter(isLive).map(({ node }) => node))];
  const kept = copies.filter((copy) => !isLive(copy)).map(({ node, path }) => `${path} on ${node}`);
  const where = [
    ...(live.length === 0 ? [] : [`${count(live.length, 'node plays', 'nodes play')} it (${foldNames(live)})`]),
    ...kept.slice(0, 3),
    ...(kept.length > 3 ? [`${kept.length - 3} more`] : []),
  ];
  const inside = sound ? 'sound' : `not sound: ${detail}`;
  return [
    `${shortHash(digest)}: ${sizeWords(bytes)}, written ${written.replace('T', ' ')} UTC, ${inside}; ${where.join('; ')}`.slice(
      0,
      2_000,
    ),
  ];
}
