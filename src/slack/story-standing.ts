import { type EnvelopeState, envelopeWords, phaseOf, yesOf } from '../domain/envelope.ts';
import { count, joined } from '../domain/wording.ts';
import { type Block, type ButtonOptions, buttons, sections, smallPrint } from './blocks.ts';
import { escaped, plain } from './escape.ts';
import type { StoryLook } from './story-message.ts';
import { clockTime } from './wording.ts';

/** A message of the channel that belongs to no incident; the key is its identity. */
export type Notice = { readonly key: string; readonly text: string; readonly blocks: readonly Block[] };

/** A standing approval as the channel sees it: its bounds, who said yes, and the one tap that ends it, as long as it holds. */
export function standingNotice(state: EnvelopeState, { names, policy }: StoryLook, nowMs: number): Notice {
  const { envelope, stopped } = state;
  const { id } = envelope;
  const phase = phaseOf(state, nowMs);
  const have = (which: 'shadow' | 'live'): string => {
    const yes = yesOf(state, which, policy);
    return `*${yes.length} of 2*${yes.length === 0 ? '' : ` (${joined(yes.map(names))})`}`;
  };
  const able = policy.approvers.filter((person) => person !== envelope.by);
  const who = `from ${joined(able.slice(0, 6).map(names), 'or') || 'nobody: medic.yaml lists no approver who could'}`;
  const news = {
    proposed: `Standing approval ${id} is proposed`,
    shadow: `Standing approval ${id} counts what it would repair`,
    live: `Standing approval ${id} is live`,
    stopped: `Standing approval ${id} is stopped`,
    ended: `Standing approval ${id} has ended`,
  }[phase];
  const next = {
    proposed: `two approvals needed ${who} · ${have('shadow')} · then it only counts`,
    shadow: `nothing is repaired by it yet · to go live: two approvals ${who} · ${have('live')}`,
    live: `what it covers is repaired without asking · approved by ${joined(yesOf(state, 'live', policy).map(names))}`,
    stopped:
      stopped === undefined ? '' : `by ${names(stopped.by)} ${clockTime(stopped.at)}: ${escaped(stopped.reason, 300)}`,
    ended: `its time was over ${clockTime(envelope.until)}`,
  }[phase];
  return {
    key: id,
    text: news,
    blocks: [
      ...sections([`*${news}*`, escaped(envelopeWords(envelope), 900), next]),
      ...buttons(buttonsFor(id, phase)),
      ...smallPrint([
        `proposed by ${names(envelope.by)} ${clockTime(envelope.at)}`,
        envelope.reason === '' ? undefined : escaped(envelope.reason, 300),
        'the first change under it that does not go well ends it',
      ]),
    ],
  };
}

function buttonsFor(id: string, phase: ReturnType<typeof phaseOf>): ButtonOptions[] {
  const stop: ButtonOptions = { action: 'standing-stop', text: 'Stop', value: id, style: 'danger' };
  if (phase === 'proposed') return [{ action: 'standing-approve', text: 'Approve', value: id, style: 'primary' }, stop];
  if (phase === 'shadow') {
    const text = 'What it covers is then repaired without asking anybody, until it ends or somebody stops it.';
    const confirm = { title: 'Go live', text, yes: 'Go live' };
    return [{ action: 'standing-live', text: 'Go live', value: id, style: 'primary', confirm }, stop];
  }
  return phase === 'live' ? [stop] : [];
}

/** The morning's receipt: what was repaired without asking since yesterday, or would have been. */
export function standingReportNotice(
  date: string,
  parts: readonly { readonly state: EnvelopeState; readonly lines: readonly string[] }[],
): Notice {
  const news = `Under standing approvals since yesterday (${count(parts.length, 'approval')})`;
  const lines = parts.flatMap(({ state, lines: told }) => [
    `*${state.envelope.id}*`,
    ...told.map((line) => escaped(plain(line), 400)),
  ]);
  return {
    key: `report-${date}`,
    text: news,
    blocks: [
      ...sections([`*${news}*`, ...lines.slice(0, 40)]),
      ...buttons([{ action: 'standing-stop', text: 'Stop all of it', value: 'all', style: 'danger' }]),
    ],
  };
}
