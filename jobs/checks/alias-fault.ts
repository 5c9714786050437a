import type { EntryState } from '../../src/domain/entry-state.ts';
import type { Expected } from '../../src/domain/expected.ts';
import { type Finding, finding } from '../../src/domain/finding.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Node } from '../../src/domain/node.ts';
import { entryOf } from '../../src/facts/survey.ts';
import type { Survey } from '../../src/facts/survey-answer.ts';
import { isNoModel, shown } from './survey-of.ts';

type Fault = Pick<Finding, 'code' | 'severity' | 'title'>;

/** What is wrong with a model's alias, or nothing: it should be a link whose text is the canonical file's bare name. */
export function aliasFault(node: Node, model: Model, survey: Survey, expected: Expected): Finding | undefined {
  const alias = entryOf(survey, model.alias);
  const canonical = entryOf(survey, model.canonical);
  if (alias.kind === 'absent' && canonical.kind === 'absent' && isNoModel(expected)) return undefined;
  const fault = faultOf(model, alias);
  if (fault === undefined) return undefined;
  const evidence = [`lstat ${model.alias}: ${entryWords(alias)}`, `lstat ${model.canonical}: ${entryWords(canonical)}`];
  return finding({
    ...fault,
    title: fault.title.slice(0, 300),
    node: node.name,
    model: model.name,
    subject: model.alias,
    evidence,
  });
}

/** A name's state in a few words, as evidence and in titles of steps. */
export function entryWords(entry: EntryState): string {
  switch (entry.kind) {
    case 'absent':
      return 'missing';
    case 'link':
      return `-> ${shown(entry.text)}${entry.leadsTo === 'file' ? '' : ` (leads to ${LEADS[entry.leadsTo]})`}`;
    case 'file':
      return `a file of ${entry.size.toLocaleString('en-US')} bytes`;
    case 'folder':
      return 'a folder';
    case 'other':
      return 'neither a file nor a link';
  }
}

const LEADS = { folder: 'a folder', nothing: 'nothing', loop: 'itself', other: 'no regular file' } as const;

function faultOf({ alias, canonical, name }: Model, entry: EntryState): Fault | undefined {
  if (entry.kind === 'absent') {
    return critical('alias_missing', `${alias} is missing: self-play there falls back to the heuristic`);
  }
  if (entry.kind !== 'link') {
    const what = entry.kind === 'file' ? 'a regular file' : entryWords(entry);
    return critical('alias_not_a_link', `${alias} is ${what}, not a link: promotions of ${name} do not reach it`);
  }
  const link = `${alias} -> ${shown(entry.text)}`;
  if (entry.leadsTo === 'loop')
    return critical('alias_loop', `${link} leads in a circle: self-play there finds no model`);
  if (entry.leadsTo === 'nothing')
    return critical('alias_dangling', `${link} leads to nothing: self-play there finds no model`);
  if (entry.text === canonical) return undefined;
  if (entry.text.endsWith(`/${canonical}`)) {
    const title = `${link}: a path instead of the bare name, so it may lead out of the folder`;
    return { code: 'alias_wrong_target', severity: 'warning', title };
  }
  return critical('alias_wrong_target', `${link}: it plays ${otherModel({ canonical, name }, entry.text)}`);
}

function critical(code: Fault['code'], title: string): Fault {
  return { code, severity: 'critical', title };
}

/** `hex8_4p`, when the link's text is built as this model's canonical name is. */
function otherModel({ canonical, name }: Pick<Model, 'canonical' | 'name'>, text: string): string {
  const [before = '', after = ''] = canonical.split(name);
  const inner =
    text.startsWith(before) && text.endsWith(after) ? text.slice(before.length, text.length - after.length) : '';
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$/.test(inner) ? inner : 'another file';
}
