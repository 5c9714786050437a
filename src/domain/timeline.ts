import { distrustWords } from './distrust.ts';
import { doctorNews } from './doctor.ts';
import type { Entry, Event, EventOf } from './entry.ts';
import { foldNames } from './fold-names.ts';
import type { Instant, PersonId } from './names.ts';
import { outsideWords } from './outside.ts';
import { hashPlan } from './plan.ts';
import { outcomeOf } from './receipt.ts';
import { markWords } from './trail.ts';
import { AHEAD_WORDS, progressWords } from './transfer-progress.ts';
import { count, duration, outcomeWords, shortHash } from './wording.ts';

/** One entry in words; `who` where a person or a machine did it. */
export type Moment = {
  readonly at: Instant;
  readonly kind: Event['kind'];
  readonly who?: PersonId;
  readonly words: string;
};

/** Every entry of an incident in words, oldest first. */
export function timelineOf(entries: readonly Entry[]): Moment[] {
  return entries.map(({ at, event }) => ({
    at,
    kind: event.kind,
    ...('by' in event && event.by !== undefined ? { who: event.by } : {}),
    words: oneLine(wordsOf(event)),
  }));
}

/** The same as lines of text: date and time in UTC, then the words. */
export function timelineLines(moments: readonly Moment[]): string[] {
  return moments.map(
    ({ at, who, words }) => `${at.slice(0, 19).replace('T', ' ')}  ${who === undefined ? '' : `${who} `}${words}`,
  );
}

/** The same as the rows of a Markdown table. Nothing in it is parsed as Markdown but our own marks. */
export function timelineRows(moments: readonly Moment[]): string[] {
  const rows = moments.map(
    ({ at, who, words }) => `| ${at.slice(0, 19).replace('T', ' ')} | ${cell(who ?? '')} | ${cell(words)} |`,
  );
  return ['| when | who | what |', '| --- | --- | --- |', ...rows];
}

function wordsOf(event: Event): string {
  switch (event.kind) {
    case 'opened':
      return event.alert === undefined ? `asked: ${event.text}` : `opened it: ${event.alert}`;
    case 'asked':
      return `asked: ${event.text}`;
    case 'examined':
      return `asked what the installation lacks: ${doctorNews(event.lines)}`;
    case 'check_started':
      return `a look at ${foldNames(event.scope.nodes)} began`;
    case 'checked': {
      const { findings, unknown, outside = [] } = event.report;
      const silent = new Set(unknown.map(({ node }) => node)).size;
      const found = findings.map(({ node, title }) => `${node}: ${title}`).join('; ');
      const past = outside.map((change) => `${change.node} ${outsideWords(change)}`).join('; ');
      const left = silent === 0 ? '' : `, ${count(silent, 'node')} unknown`;
      return `the look ended after ${duration(event.ms)}: ${count(findings.length, 'finding')}${left}${found === '' ? '' : `: ${found}`}${past === '' ? '' : `; changed outside medic: ${past}`}`;
    }
    case 'check_failed':
      return `the look could not be made: ${event.detail}`;
    case 'plan_started':
      return 'asked for a plan';
    case 'planned': {
      const plans = event.plans.map((plan) => `plan ${shortHash(hashPlan(plan))}: ${plan.summary}`);
      const refusals = event.refusals.map(({ text }) => text);
      return [...plans, ...refusals].join('; ') || 'nothing to plan';
    }
    case 'plan_failed':
      return `the repair could not be planned: ${event.detail}`;
    case 'repeated':
      return `the alert came again, ${count(event.times, 'time')} by now`;
    case 'raised':
      return event.into === undefined
        ? 'people are told'
        : `one of many causes at once: people are told in ${event.into}`;
    case 'joined':
      return `${event.incident} is told here: ${event.text}`;
    case 'waits':
      if (event.after !== undefined) return `nobody is told while ${event.after} tells of it`;
      return event.silence === undefined
        ? 'the promotion is under way: looked at again'
        : `nobody is told yet. ${event.silence}`;
    case 'look_waits':
      return 'its look waits for its turn';
    case 'retold':
      return `people are told again: ${event.text}`;
    case 'owner_missed':
      return `nobody has it, and nothing was done about it for ${event.minutes} min: said in the thread`;
    case 'group_called':
      return `nobody has had it for ${event.minutes} min: the user group ${event.group} was called`;
    case 'flapping':
      return `it flaps, wrong ${count(event.times, 'time')}: each change is kept quiet`;
    case 'steady':
      return 'it is steady again';
    case 'recurs':
      return event.text;
    case 'set_aside':
      return `${event.job === undefined ? 'an entry counts for nothing' : 'a job was not begun'} (${event.says}): ${distrustWords[event.why]}`;
    case 'settled':
      return 'right again before anybody was told';
    case 'pinned':
      return `pinned what ${event.author ?? 'a bot'} said at ${event.saidAt.slice(11, 16)} UTC: ${event.text}`;
    case 'acknowledged':
      return 'has it';
    case 'held':
      return `fixes it by hand; its plans rest until ${event.until.slice(11, 16)} UTC`;
    case 'released':
      return 'ended the hold';
    case 'closed':
      return `closed it with ${count(event.findings.length, 'finding')} left${event.reason === '' ? '' : `: ${event.reason}`}`;
    case 'requested':
    case 'approved':
    case 'reviewed':
    case 'rejected':
    case 'expired':
    case 'superseded':
    case 'withdrawn':
    case 'stale':
    case 'renewed':
    case 'authorized':
    case 'refused':
    case 'execution_started':
    case 'step_started':
    case 'step_ended':
    case 'ahead_started':
    case 'ahead_ended':
    case 'target_ended':
    case 'progress':
    case 'cancel_requested':
    case 'executed':
    case 'sealed':
      return decisionWords(event);
  }
}

type PlanEvent = EventOf<
  | 'requested'
  | 'approved'
  | 'reviewed'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'withdrawn'
  | 'stale'
  | 'renewed'
  | 'authorized'
  | 'refused'
  | 'execution_started'
  | 'step_started'
  | 'step_ended'
  | 'ahead_started'
  | 'ahead_ended'
  | 'target_ended'
  | 'progress'
  | 'cancel_requested'
  | 'executed'
  | 'sealed'
>;

/** What is about one plan: its approval and its run. */
function decisionWords(event: PlanEvent): string {
  switch (event.kind) {
    case 'requested':
      return `plan ${shortHash(event.plan)} waits for ${count(event.needed, 'approval')} (asked for by ${event.requester})`;
    case 'approved':
      return event.breakGlass === undefined ? 'approved' : `broke the glass: ${event.breakGlass}`;
    case 'reviewed':
      return `reviewed it${event.note === '' ? '' : `: ${event.note}`}`;
    case 'rejected':
      return `rejected: ${event.reason}`;
    case 'withdrawn':
      return `took the plan back: ${event.reason}`;
    case 'stale':
      return `the prompt ended, because it is so no more: ${event.because}`;
    case 'renewed':
      return 'asked for the same plan again: its prompt goes on';
    case 'expired':
      return 'the prompt expired: nobody decided in time';
    case 'superseded':
      return `the prompt ended: ${event.because}`;
    case 'authorized':
      return `plan ${shortHash(event.signed.approval.plan)} was signed, approved by ${event.signed.approval.approvers.join(', ')}`;
    case 'refused':
      return `was refused (${event.code}): ${event.text}`;
    case 'execution_started':
      return `plan ${shortHash(event.plan)} began under receipt ${event.receipt}`;
    case 'step_started':
      return `${event.node}: ${event.undo ? 'undoing: ' : ''}${event.title}`;
    case 'step_ended':
      return `${event.node}: ${event.undo ? 'undo ' : ''}${event.ok ? 'done' : `failed: ${event.detail}`}${event.ok && event.detail !== '' ? ` ${event.detail}` : ''} after ${duration(event.ms)}`;
    case 'ahead_started':
      return `${event.node}: ${AHEAD_WORDS}`;
    case 'ahead_ended':
      return `${event.node}: ${event.ok ? `all bytes are there ahead of its turn, ${event.detail},` : `no more bytes come ahead of its turn (${event.detail})`} after ${duration(event.ms)}`;
    case 'target_ended':
      return `${event.result.node}: ${outcomeWords[event.result.outcome]}`;
    case 'cancel_requested':
      return `wants ${event.receipt} to end early`;
    case 'progress':
      return `${event.node}: ${progressWords(event)}`;
    case 'sealed':
      return `the kept trail holds receipt ${event.receipt}: ${markWords(event.mark)}`;
    case 'executed': {
      const { id, targets } = event.receipt;
      const right = targets.filter(({ outcome }) => outcome === 'verified' || outcome === 'already_right').length;
      return `receipt ${id}: ${outcomeOf(event.receipt)}, ${right} of ${count(targets.length, 'node')} verified`;
    }
  }
}

/** Text of nodes and alerts on one line, without anything invisible. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, (mark) => `\\${mark}`);
}
