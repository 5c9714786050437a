import { distrustWords } from '../domain/distrust.ts';
import type { Incident } from '../domain/incident.ts';
import type { Aside } from '../domain/incident-telling.ts';
import { outsideWords } from '../domain/outside.ts';
import { count } from '../domain/wording.ts';
import { type Block, buttons, sections, smallPrint } from './blocks.ts';
import { escaped, plain } from './escape.ts';
import { foldRows } from './fold-findings.ts';
import { LINES_MAX, type StoryMessage, storyFile, storyMessage } from './story-message.ts';
import { clockTime } from './wording.ts';

const TEXT_MAX = 500;

/** What is said in the thread beside findings, plans and receipts: that it is still open, that it flaps, that a repair does not last. */
export function asideMessages({ id, asides }: Incident): { at: string; message: StoryMessage }[] {
  return asides.map((aside) => {
    const { text, more, broadcast } = contentOf(id, aside);
    const blocks: Block[] = [...sections([`*${text}*`]), ...more];
    return {
      at: aside.at,
      message: storyMessage({
        key: `aside-${aside.id}`,
        place: 'thread',
        text,
        blocks,
        ...(broadcast ? { broadcast } : {}),
      }),
    };
  });
}

/** What somebody changed past medic, as each look saw it: what, between when and when, and whose it is now. */
export function outsideMessages({ id: incident, outside }: Incident): { at: string; message: StoryMessage }[] {
  return outside.map(({ id, at, changes }) => {
    const nodes = new Set(changes.map(({ node }) => node)).size;
    const text = `Changed outside medic on ${count(nodes, 'node')}`;
    const rows = foldRows(changes, (ofNode) => ofNode.map((change) => escaped(outsideWords(change), TEXT_MAX)));
    const since = changes.map((change) => change.since).toSorted()[0] ?? at;
    const file = storyFile(
      `outside-${incident}-${id}`,
      'What was changed outside medic',
      changes.map((change) => `${change.node}\t${change.since}\t${change.until}\t${plain(outsideWords(change))}`),
    );
    const message = storyMessage({
      key: `outside-${id}`,
      place: 'thread',
      text,
      blocks: [
        ...sections([
          `*${text}*, between ${clockTime(since)} and ${clockTime(at)}`,
          ...rows.slice(0, LINES_MAX).map(({ label, words }) => `${label}  ${words}`),
          ...(rows.length > LINES_MAX ? ['… and more: all of it in the file below'] : []),
        ]),
        ...smallPrint([
          'No plan of medic touched these nodes meanwhile. A plan that waits is compared with them again before it runs.',
        ]),
      ],
      ...(rows.length > LINES_MAX ? { file } : {}),
    });
    return { at, message };
  });
}

type Content = { readonly text: string; readonly more: readonly Block[]; readonly broadcast: boolean };

function contentOf(incident: string, { event }: Aside): Content {
  switch (event.kind) {
    case 'retold':
      return { text: `Still open, nothing has changed: ${escaped(event.text, TEXT_MAX)}`, more: [], broadcast: true };
    case 'flapping':
      return {
        text: `This flaps: it was wrong ${event.times} times and right again in between`,
        more: smallPrint(['It stays open, and nobody is told of each change, until nothing has changed for a while.']),
        broadcast: true,
      };
    case 'steady':
      return { text: 'It does not flap any more: what the first message says now stays', more: [], broadcast: false };
    case 'owner_missed':
      return {
        text: `Nobody has this yet, and nothing was done about it for ${event.minutes} min`,
        more: smallPrint(['*I have it* on the first message, or `@medic ack` here, says who has it.']),
        broadcast: false,
      };
    case 'group_called':
      return {
        text: `<!subteam^${event.group}> nobody has had this for ${event.minutes} min`,
        more: smallPrint([
          '*I have it* on the first message, or `@medic ack` here, says who has it. This is said once.',
        ]),
        broadcast: false,
      };
    case 'set_aside': {
      const what = event.job === undefined ? 'Somebody wrote into this incident' : 'Somebody put work into the queue';
      const counts = event.job === undefined ? 'It counts for nothing' : 'Nothing was run';
      return {
        text: `${what} past medic: ${escaped(event.says, TEXT_MAX)}`,
        more: smallPrint([
          `${counts}: ${distrustWords[event.why]}. Further ones here are told in the log alone. Who can write to Redis?`,
        ]),
        broadcast: true,
      };
    }
    case 'recurs':
      return {
        text: escaped(event.text, TEXT_MAX),
        more: [
          ...smallPrint(['Look for what undoes it: `timeline`, `diagnose`, `history`. Nothing was run.']),
          ...buttons([
            {
              action: 'anyway',
              text: 'Plan it anyway',
              value: incident,
              confirm: {
                title: 'Plan it once more?',
                text: 'The same repair has not lasted. It is planned and put up for approval; nothing runs before that.',
                yes: 'Plan it',
              },
            },
          ]),
        ],
        broadcast: false,
      };
  }
}
