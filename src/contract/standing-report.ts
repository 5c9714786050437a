import type { EnvelopeState } from '../domain/envelope.ts';
import { incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { outcomeOf } from '../domain/receipt.ts';
import { count } from '../domain/wording.ts';
import type { Ledger } from './ledger.ts';

/** What a standing approval did since a moment (ms since the epoch), or in shadow would have done and whether people did the same; a line each. Nothing: no lines. */
export async function standingReport(
  { uses }: EnvelopeState,
  ledger: Pick<Ledger, 'entries'>,
  sinceMs: number,
): Promise<string[]> {
  const lately = uses.filter(({ at }) => Date.parse(at) >= sinceMs);
  const shadows: (Prompt | undefined)[] = [];
  const lines: string[] = [];
  for (const { incident, plan, request, nodes, shadow } of lately) {
    const told = incidentOf(await ledger.entries(incident));
    const byHand = told?.prompts.find((one) => one.plan === plan && RAN.has(one.state));
    if (shadow) {
      shadows.push(byHand);
      continue;
    }
    const receipt = told?.executions.find((one) => one.request === request)?.finished;
    const refusedBecause = told?.prompts.find((one) => one.request === request)?.ended?.why;
    const how = receipt === undefined ? (refusedBecause ?? 'not ended yet') : outcomeOf(receipt);
    const what = told?.plans.get(plan)?.summary ?? plan.slice(0, 8);
    lines.push(
      `  ${how}: ${what} on ${count(nodes.length, 'node')} · ${incident}${receipt === undefined ? '' : ` · ${receipt.id}`}`,
    );
  }
  return [
    ...(lines.length === 0 ? [] : [`repaired ${count(lines.length, 'time')} by itself:`, ...lines]),
    ...shadowLines(shadows),
  ];
}

const RAN: ReadonlySet<Prompt['state']> = new Set(['authorized', 'running', 'executed']);

function shadowLines(shadows: readonly (Prompt | undefined)[]): string[] {
  if (shadows.length === 0) return [];
  const same = shadows.filter((one) => one !== undefined).length;
  const news = `would have repaired ${count(shadows.length, 'time')}`;
  if (same === shadows.length) return [`${news}; all were later approved by hand unchanged`];
  return [
    `${news}; ${same === 0 ? 'none was' : `${same} of them ${same === 1 ? 'was' : 'were'}`} later approved by hand unchanged`,
  ];
}
