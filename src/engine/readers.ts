import type { Fact, Read } from '../contract/fact.ts';
import type { LookContext } from '../contract/job.ts';
import type { Sessions } from '../contract/sessions.ts';
import type { Asked } from '../domain/asked.ts';
import { Fault } from '../domain/fault.ts';
import type { Finding } from '../domain/finding.ts';
import type { NodeName } from '../domain/names.ts';
import type { Node } from '../domain/node.ts';
import { type Answered, createReader, questionKey } from './reader.ts';

const ASKED_MAX = 3;
const EXCERPT_MAX = 160;
const QUESTION_MAX = 300;
const ARGUMENTS_SHOWN = 3;

/** The readers of one look, one a node, so that what several checks ask is asked once; and what each check's findings were read off. */
export type Readers = {
  of(node: Node): Read;
  /** Answers what this look has asked the node already, and throws a Fault for everything else. */
  remembered(node: Node): Read;
  /** This context for one check, and its findings with what was asked for them. */
  listening(context: LookContext): {
    readonly context: LookContext;
    readonly withAsked: (found: Finding) => Finding;
  };
};

/** Readers that remember every answer of this look. */
export function createReaders(sessions: Sessions, now: () => Date): Readers {
  const readers = new Map<NodeName, Read>();
  const answers = new Map<string, Answered>();
  const keyOf = (node: NodeName, fact: Pick<Fact<unknown>, 'name' | 'args'>) => `${node} ${questionKey(fact)}`;
  const of = (node: Node): Read => {
    const hear = (answer: Answered) => void answers.set(keyOf(node.name, answer.fact), answer);
    const read = readers.get(node.name) ?? createReader(sessions, node, { hear, now });
    readers.set(node.name, read);
    return read;
  };
  return {
    of,
    remembered(node) {
      return async (fact) => {
        if (!answers.has(keyOf(node.name, fact))) throw new Fault('cancelled', `this look has not asked ${fact.name}`);
        return of(node)(fact);
      };
    },
    listening(context) {
      const asks = new Map<NodeName, Set<string>>();
      const noting =
        (node: NodeName, read: Read): Read =>
        (fact) => {
          asks.set(node, (asks.get(node) ?? new Set()).add(keyOf(node, fact)));
          return read(fact);
        };
      const fleet = context.fleet.map(({ node, read }) => ({ node, read: noting(node.name, read) }));
      return {
        context: { ...context, read: noting(context.node.name, context.read), fleet },
        withAsked(found) {
          const heard = [...(asks.get(found.node) ?? [])].flatMap((key) => answers.get(key) ?? []);
          const asked = askedFor(found, heard);
          return asked.length === 0 ? found : { ...found, asked };
        },
      };
    },
  };
}

/** The answers that name the finding's subject, or all of them when none does. */
function askedFor({ subject }: Finding, heard: readonly Answered[]): Asked[] {
  const naming = heard.filter(({ fact, text }) => fact.args.includes(subject) || text.includes(subject));
  return (naming.length > 0 ? naming : heard).slice(-ASKED_MAX).map(({ fact, code, at, text }) => {
    const excerpt = excerptOf(text, subject);
    return { question: questionOf(fact, subject), code, at, ...(excerpt === undefined ? {} : { excerpt }) };
  });
}

/** The fact's name and its arguments: of many the first one and the subject. Of an address the path alone, since addresses stay out of channels. */
function questionOf({ name, args }: Answered['fact'], subject: string): string {
  const words = args.map((word) => word.replace(/^https?:\/\/[^/?#]*/, 'GET '));
  const [first] = words;
  const few = words.length <= ARGUMENTS_SHOWN || first === undefined;
  const shown = few ? words : [first, ...words.slice(1).filter((word) => word === subject)];
  const rest = words.length - shown.length;
  return [name, ...shown, ...(rest === 0 ? [] : [`(and ${rest} more)`])].join(' ').slice(0, QUESTION_MAX);
}

function excerptOf(text: string, subject: string): string | undefined {
  const start = text.indexOf(subject);
  return start < 0 ? undefined : text.slice(start, start + EXCERPT_MAX).trim();
}
