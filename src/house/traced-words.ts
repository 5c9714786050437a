import type { ApprovalDesk, Reply } from '../contract/command.ts';
import type { Spans } from '../contract/spans.ts';
import type { IncidentId } from '../domain/names.ts';
import { splitWords } from '../domain/words.ts';
import { commands } from '../registry/commands.ts';

/** Words as a span: which command, never what stands after it. */
export function tracedWords<A extends { readonly text: string; readonly incident?: IncidentId }>(
  run: (asked: A) => Promise<Reply>,
  spans: Spans,
): (asked: A) => Promise<Reply> {
  return (asked) => {
    const command = commandIn(asked.text);
    return spans.within(
      {
        name: `command ${command}`,
        kind: 'server',
        facts: { 'medic.command': command, 'medic.incident.id': asked.incident },
        outcome: (reply) => ({
          'medic.reply': reply.kind,
          ...(reply.kind === 'begun' ? { 'medic.incident.id': reply.incident } : {}),
          ...(reply.kind === 'refused' ? { 'medic.refusal': reply.refusal.code } : {}),
        }),
      },
      () => run(asked),
    );
  };
}

function commandIn(text: string): string {
  const split = splitWords(text);
  const [first = 'help'] = split.ok ? split.words : ['unknown'];
  return commands.some(({ name }) => name === first) ? first : 'unknown';
}

/** Decisions that are pressed as spans. */
export function tracedDesk(
  desk: Pick<ApprovalDesk, 'approve' | 'reject'>,
  spans: Spans,
): Pick<ApprovalDesk, 'approve' | 'reject'> {
  const traced = (what: 'approve' | 'reject', request: string, decide: () => ReturnType<ApprovalDesk['approve']>) =>
    spans.within(
      {
        name: `decision ${what}`,
        kind: 'server',
        facts: { 'medic.request.id': request },
        outcome: (decision) =>
          decision.kind === 'refused'
            ? { 'medic.reply': decision.kind, 'medic.refusal': decision.refusal.code }
            : { 'medic.reply': decision.kind, 'medic.incident.id': decision.incident },
      },
      decide,
    );
  return {
    approve: (request, who, how) => traced('approve', request, () => desk.approve(request, who, how)),
    reject: (request, who, reason) => traced('reject', request, () => desk.reject(request, who, reason)),
  };
}
