import type { PersonId } from '../domain/names.ts';
import type { Spelling } from '../domain/plan-since.ts';
import { escaped } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import { since } from './wording.ts';

/** How people, times and nodes are written in Slack; text that is not ours is escaped. */
export function slackSpelling(names: (person: PersonId) => string): Spelling {
  return { names, time: since, nodes: (nodes) => nodesLabel([...nodes]), text: (words) => escaped(words, 300) };
}
