import { isUnasked } from '../domain/asker.ts';
import type { Incident } from '../domain/incident.ts';
import { unknownNodes } from '../domain/news.ts';
import { hashPlan, type Plan } from '../domain/plan.ts';
import { count, riskWords, shortHash } from '../domain/wording.ts';
import { sections, smallPrint } from './blocks.ts';
import { escaped, plain } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { LINES_MAX, type StoryLook, type StoryMessage, storyFile, storyMessage } from './story-message.ts';

const SUMMARY_MAX = 160;

/** One message for each answer to "plan the repair" that left something unplanned, with the reasons. */
export function planningMessages(incident: Incident, { names }: StoryLook): { at: string; message: StoryMessage }[] {
  return (
    incident.plannings
      // That nothing is left to do is an answer; where nobody asked, the first message says it.
      .filter(({ by, plans, dry, refusals }) => refusals.length > 0 || dry || (plans.length === 0 && !isUnasked(by)))
      .map(({ id, at, by, plans, dry, refusals }) => {
        const whose = isUnasked(by) ? '' : ` (asked by ${names(by)})`;
        const headline =
          plans.length === 0
            ? nothing(incident, refusals.length, whose)
            : dry
              ? `${count(plans.length, 'plan')} would mend it${whose}`
              : `Not everything can be planned${whose}`;
        const named = dry ? plans.flatMap((hash) => incident.plans.get(hash) ?? []).map(namedPlan) : [];
        const lines = refusals
          .slice(0, LINES_MAX)
          .map(({ text, nodes }) => `${nodes.length === 0 ? '•' : nodesLabel(nodes)}  ${escaped(text, 600)}`);
        const more =
          refusals.length > LINES_MAX
            ? [`… and ${count(refusals.length - LINES_MAX, 'more reason')}: all of them in the file below`]
            : [];
        const next =
          refusals.length > 0 && plans.length === 0
            ? smallPrint([
                'Nothing was run. When the reasons are gone: *Plan the repair* on the first message, or `@medic fix` here.',
              ])
            : [];
        const file =
          refusals.length > LINES_MAX
            ? storyFile(
                `refusals-${incident.id}`,
                'Why not everything can be planned',
                refusals.map(({ code, text, nodes }) => `${nodes.join(', ')}\t${code}\t${plain(text)}`),
              )
            : undefined;
        const message = storyMessage({
          key: `planning-${id}`,
          place: 'thread',
          text: headline,
          blocks: [
            ...sections([`*${headline}*`, ...named, ...lines, ...more]),
            ...(named.length === 0
              ? []
              : smallPrint(['They are only named: nothing waits for approval, and nothing runs.'])),
            ...next,
          ],
          ...(file === undefined ? {} : { file }),
        });
        return { at, message };
      })
  );
}

function namedPlan(plan: Plan): string {
  const nodes = plan.targets.map(({ node }) => node);
  return `\`${shortHash(hashPlan(plan))}\` ${escaped(plan.summary, SUMMARY_MAX)} · ${riskWords(plan)} · ${nodesLabel(nodes)}`;
}

/** One message for each look or planning that failed on our side. */
export function failureMessages(incident: Incident): { at: string; message: StoryMessage }[] {
  return incident.failures.map(({ id, at, what, detail }) => {
    const headline =
      what === 'look' ? 'The look could not be made: nothing is known from it' : 'The repair could not be planned';
    const lines = [
      `*${headline}*`,
      escaped(detail, 900),
      `Nothing was changed. ${what === 'look' ? '*Diagnose again* on the first message' : '*Plan the repair* on the first message'} tries once more.`,
    ];
    return {
      at,
      message: storyMessage({ key: `failure-${id}`, place: 'thread', text: headline, blocks: sections(lines) }),
    };
  });
}

function nothing(incident: Incident, refusals: number, whose: string): string {
  if (refusals > 0) return `No repair can be planned${whose}`;
  const unknown = unknownNodes(incident).length;
  const rest = unknown === 0 ? '' : `; ${count(unknown, 'node is', 'nodes are')} unknown`;
  return `Nothing to do: nothing that a repair could change is wrong${rest}${whose}`;
}
