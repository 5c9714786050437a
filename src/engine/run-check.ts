import type { CheckJob } from '../contract/dispatch.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { EventOf, Scope } from '../domain/entry.ts';
import { COPIES_CHECK, type Expected } from '../domain/expected.ts';
import type { CheckReport } from '../domain/finding.ts';
import type { IncidentId, Instant, ModelName, PersonId } from '../domain/names.ts';
import { exclusionsIn } from '../domain/standing.ts';
import { countMisses } from './count-misses.ts';
import { countAgain } from './end-exclusions.ts';
import { expectedFor, eyesOf, type Kit, resolveScope } from './kit.ts';
import { lookAt } from './look.ts';
import { changedOutside } from './outside.ts';

/** A look as a job: says that it begins, what it saw, or that it could not be made. */
export async function runCheck(
  kit: Kit,
  { incident, scope, fresh, inventory, windowMinutes, promotedAt }: CheckJob,
): Promise<void> {
  await kit.ledger.append(incident, { kind: 'check_started', scope, fresh });
  try {
    const daemon = { ...kit.daemon, ...(windowMinutes === undefined ? {} : { windowMinutes }) };
    await lookAndTell({ ...kit, daemon }, { incident, scope, fresh, inventory, promotedAt });
  } catch (error) {
    await kit.ledger.append(incident, { kind: 'check_failed', detail: messageOf(error) });
    throw error;
  } finally {
    await countAgain(kit, incident);
  }
}

/** Looks, and writes what was seen into the ledger. */
export async function lookAndTell(
  kit: Kit,
  {
    incident,
    scope,
    fresh,
    inventory,
    copies,
    promotedAt,
  }: {
    incident: IncidentId;
    scope: Scope;
    fresh: boolean;
    inventory: Sha256;
    copies?: boolean;
    promotedAt?: Instant | undefined;
  },
) {
  const startedMs = kit.now().getTime();
  const { nodes, models, checks } = resolveScope(kit, scope, inventory);
  const wantsCopies = copies === true || scope.checks.includes(COPIES_CHECK);
  const expecting: Promise<ReadonlyMap<ModelName, Expected>> = checks.every(
    ({ needsNoSource }) => needsNoSource === true,
  )
    ? Promise.resolve(new Map())
    : expectedFor(kit, models, { copies: wantsCopies });
  const startedAt = new Date(startedMs).toISOString();
  const seen = await lookAt({
    ...eyesOf(kit),
    outside: (context, remembered) => changedOutside(context, { ...kit, remembered, startedAt }),
    nodes,
    models,
    checks,
    expected: expecting,
    fresh,
    ...(promotedAt === undefined ? {} : { promotedAt }),
  });
  const expected = await expecting;
  const counted = await countMisses(
    { misses: kit.misses, enough: kit.missesMax, now: kit.now },
    { openedBy: await openerOf(kit, incident), scope, nodes, report: seen },
  );
  const report = { ...counted, notes: [...sourceNotes(expected), ...seen.notes] };
  const ms = kit.now().getTime() - startedMs;
  const out = exclusionsIn(await kit.orders.standing()).flatMap((one) => one.nodes);
  const excluded = [...new Set(out)].filter((name) => !scope.nodes.includes(name));
  await kit.ledger.append(incident, {
    ...checkedEvent(scope, report, ms, expected),
    ...(excluded.length === 0 ? {} : { excluded }),
  });
  return { report, expected, nodes, models, checks };
}

async function openerOf({ ledger }: Kit, incident: IncidentId): Promise<PersonId | undefined> {
  const event = (await ledger.entries(incident))[0]?.event;
  return event?.kind === 'opened' ? event.by : undefined;
}

/** What must be known about the source to read the rest: it did not answer, or what it holds is not what the record says. */
function sourceNotes(expected: ReadonlyMap<ModelName, Expected>): string[] {
  const notes = [...expected].flatMap(([model, { source, record }]) => {
    const since =
      record.current === null
        ? 'nothing is on record yet'
        : `compared with the record of ${record.current.since.slice(0, 16).replace('T', ' ')} UTC`;
    if (source.kind === 'unknown') return [`the source ${source.node} did not tell (${source.detail}): ${since}`];
    if (source.kind === 'in_flight')
      return [`${model} on the source ${source.node} is being written (${source.detail}): ${since}`];
    if (source.kind === 'disputed') return [`nobody knows which ${model} is right: ${source.detail}`];
    return source.kind === 'bad' ? [`${model} on the source ${source.node} is not good: ${source.detail}`] : [];
  });
  return [...new Set(notes)].map((note) => note.slice(0, 500));
}

function checkedEvent(
  scope: Scope,
  report: CheckReport,
  ms: number,
  expected: ReadonlyMap<ModelName, Expected>,
): EventOf<'checked'> {
  const current = [...expected].flatMap(([model, { record }]) => {
    if (record.current === null) return [];
    const { digest, since, provisional } = record.current;
    return [[model, { digest, since, provisional }] as const];
  });
  return { kind: 'checked', scope, report, ms, expected: Object.fromEntries(current) };
}

/** An error's message, for entries that a person reads. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
