import type { LookContext } from '../../src/contract/job.ts';
import { HOOK_FILE } from '../../src/domain/hook-script.ts';
import type { KeptFile } from '../../src/domain/kept-file.ts';
import type { Model } from '../../src/domain/model.ts';
import { judgeKept, QUARANTINE } from '../../src/domain/quarantine.ts';
import { type HeldFile, type HeldFiles, heldFiles } from '../../src/facts/held-files.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { heldDigests } from './held-digests.ts';
import { measureFiles } from './model-fault.ts';
import { expectedOf } from './survey-of.ts';

/** Longest text of a link that is passed to a script. */
const LINK_MAX = 2_000;

/** A kept file as people read it, and the files of quarantine that it is made of; `keptS`: since when, by the node's clock. */
export type Kept = {
  readonly told: KeptFile;
  readonly keptS: number;
  readonly kept: HeldFile | undefined;
  readonly undone: HeldFile | undefined;
};

/** Everything that receipts keep on a node, judged as of a moment (seconds by the node's clock; absent: now); `strays`: files in there that medic does not name so. */
export async function keptFiles(
  context: LookContext,
  survey: Survey,
  asOfS?: number,
): Promise<{ readonly files: readonly Kept[]; readonly strays: number; readonly clockS: number }> {
  const { node, read, limits } = context;
  const held = await read(heldFiles(node.modelsDir, []));
  const groups = groupsIn(held.files);
  const known = groups.files.map((group) => ({ ...group, group, ...aboutName(context.models, group.name) }));
  const totalBytes = survey.disk?.totalBytes;
  const rules = {
    days: limits.quarantineDays,
    generations: limits.quarantineGenerations,
    bytesMax: totalBytes === undefined ? undefined : (totalBytes * limits.quarantinePercent) / 100,
  };
  const withAge = (lastGood: LastGood) =>
    known.map((group) => ({
      ...group,
      ageS: (asOfS ?? held.clockS) - group.keptS,
      lastGood: lastGood.get(group.group) ?? (false as const),
    }));
  // Files are read for their digests only where something would be deleted.
  const first = judgeKept(withAge(new Map()), rules);
  const models = context.models.filter(({ name }) =>
    first.some(({ file, state }) => state === 'expired' && file.isWeights && file.model === name),
  );
  const good: LastGood = models.length === 0 ? new Map() : await lastGoodOf(context, survey, held, known, models);
  const files = judgeKept(withAge(good), rules).map(({ file, state, why }): Kept => {
    const { receipt, name, model, bytes, ageS, keptS, kept, undone } = file;
    const frees = [kept, undone].reduce((sum, one) => sum + (one?.names === 1 ? one.bytes : 0), 0);
    const about = { node: node.name, receipt, name, ...(model === undefined ? {} : { model }) };
    return { told: { ...about, bytes, frees, ageS, state, why: why.slice(0, 200) }, keptS, kept, undone };
  });
  return { files, strays: groups.strays, clockS: held.clockS };
}

type Group = {
  readonly receipt: string;
  readonly name: string;
  readonly bytes: number;
  readonly keptS: number;
  readonly kept: HeldFile | undefined;
  readonly undone: HeldFile | undefined;
};
/** What stays whatever its age, and why. */
type LastGood = ReadonlyMap<Group, 'proven' | 'newest'>;
type Known = Group & { readonly group: Group } & ReturnType<typeof aboutName>;

/** Files that belong to one name of one receipt; notes beside them are no strays, and alone they are a kept name too. */
function groupsIn(files: readonly HeldFile[]): { readonly files: readonly Group[]; readonly strays: number } {
  const groups = new Map<string, Group>();
  let strays = 0;
  for (const file of files) {
    const [, receipt, name, kind] =
      /^\.medic\/quarantine\/(r-[0-9a-f]{8})\/([^./][^/]*)\.(kept|undone|placed|link)(?:\.part)?$/.exec(file.path) ??
      [];
    const isLong = file.state.kind === 'link' && file.state.text.length > LINK_MAX;
    if (receipt === undefined || name === undefined || isLong) {
      if (file.path.startsWith(QUARANTINE)) strays += 1;
      continue;
    }
    const key = `${receipt}/${name}`;
    const before = groups.get(key) ?? { receipt, name, bytes: 0, keptS: 0, kept: undefined, undone: undefined };
    const whole = !file.path.endsWith('.part');
    groups.set(key, {
      ...before,
      bytes: before.bytes + file.bytes,
      keptS: Math.max(before.keptS, file.ctimeS),
      ...(whole && kind === 'kept' ? { kept: file } : {}),
      ...(whole && kind === 'undone' ? { undone: file } : {}),
    });
  }
  return { files: [...groups.values()], strays };
}

/** What a name is to medic; what a model that is not in medic.yaml, or that is locked, left behind is nothing to it. */
function aboutName(
  models: readonly Model[],
  name: string,
): { readonly known: boolean; readonly isWeights: boolean; readonly model?: string } {
  const model = models.find(({ canonical, alias }) => canonical === name || alias === name);
  if (model !== undefined) return { known: true, isWeights: model.canonical === name, model: model.name };
  return { known: /^medic-[0-9a-f]{32}(?:\.t)?$/.test(name) || name === HOOK_FILE, isWeights: false };
}

/** Of each model the newest kept file that was ever on record and is not in place there; where none was, the newest one at all. */
async function lastGoodOf(
  context: LookContext,
  survey: Survey,
  held: HeldFiles,
  known: readonly Known[],
  models: readonly Model[],
): Promise<LastGood> {
  const live = await measureFiles(context, survey, models);
  const good = new Map<Group, 'proven' | 'newest'>();
  for (const model of models) {
    const { current, earlier } = expectedOf(context, model).record;
    const recorded = new Set([current, ...earlier].flatMap((line) => line?.digest ?? []));
    const newestFirst = known
      .filter((one) => one.isWeights && one.model === model.name)
      .toSorted((a, b) => b.keptS - a.keptS);
    const sums = await heldDigests(
      context,
      held,
      newestFirst.flatMap(({ kept, undone }) => [kept, undone].flatMap((file) => file ?? [])),
    );
    const isGood = ({ kept, undone }: Known): boolean =>
      [kept, undone].some((file) => {
        const digest = file === undefined ? undefined : sums.get(file.path);
        return digest !== undefined && recorded.has(digest) && digest !== live.get(model.canonical);
      });
    const proven = newestFirst.find(isGood);
    const last = proven ?? newestFirst[0];
    if (last !== undefined) good.set(last.group, proven === undefined ? 'newest' : 'proven');
  }
  return good;
}
