import type { Misses } from '../contract/misses.ts';
import type { Scope } from '../domain/entry.ts';
import type { CheckReport } from '../domain/finding.ts';
import { missAfter, missFinding, silentIn } from '../domain/miss.ts';
import type { NodeName, PersonId } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { SCHEDULE } from './scheduled-look.ts';

/** Adds what nobody asked for: nodes that were missed in several scheduled looks in a row are findings there and in looks for alerts. */
export async function countMisses(
  { misses, enough, now }: { readonly misses: Misses; readonly enough: number; readonly now: () => Date },
  look: {
    /** Who opened the stream that the look belongs to. */
    readonly openedBy: PersonId | undefined;
    readonly scope: Scope;
    readonly nodes: readonly Node[];
    readonly report: CheckReport;
  },
): Promise<CheckReport> {
  const { openedBy, scope, nodes, report } = look;
  if (openedBy?.startsWith('alert:') !== true || !scope.checks.includes('reachable')) return report;
  const silent = silentIn(report.unknown);
  let known = await misses.all();
  if (openedBy === SCHEDULE) {
    const at = now().toISOString();
    const after = new Map(scope.nodes.map((node) => [node, missAfter(known.get(node), silent.get(node), at)] as const));
    await misses.set(after);
    known = new Map(
      [...after].flatMap(([node, miss]) => (miss === undefined ? [] : [[node, miss] as [NodeName, typeof miss]])),
    );
  }
  const missed = nodes.flatMap((node) => {
    const miss = known.get(node.name);
    // Whoever answers now is not missed, whatever was counted.
    return miss === undefined || !silent.has(node.name) ? [] : (missFinding(node, miss, enough) ?? []);
  });
  return { ...report, findings: [...report.findings, ...missed] };
}
