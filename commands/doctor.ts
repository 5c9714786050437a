import { beginLook } from '../src/contract/begin-look.ts';
import type { Command, CommandContext } from '../src/contract/command.ts';
import { DOCTOR_CHECK, isDoctorLook } from '../src/domain/doctor.ts';

export const doctor: Command = {
  name: 'doctor',
  topic: 'self',
  summary: 'What this installation needs and lacks: Redis, Slack, keys, rights, and the way to each node',
  usage: 'doctor',
  examples: ['doctor'],
  right: 'look',
  async handle(words, context) {
    if (words.length > 0 && words[0] !== '--help')
      return {
        kind: 'refused',
        refusal: {
          code: 'usage',
          text: 'doctor takes nothing after it: it looks at the whole installation. Nothing was run.',
        },
      };
    const lines = await context.examine();
    const look = { command: 'doctor', view: 'doctor', checks: [DOCTOR_CHECK] } as const;
    // In the thread of an earlier one both halves are made again there.
    const wish = (await isAgain(context)) ? look : ({ ...look, only: 'coordinator', apart: true } as const);
    const reply = await beginLook(words, context, wish);
    if (reply.kind === 'begun')
      await context.ledger.append(reply.incident, { kind: 'examined', by: context.who, lines: [...lines] });
    return reply;
  },
};

async function isAgain({ incident, ledger }: CommandContext): Promise<boolean> {
  const opened = incident === undefined ? undefined : (await ledger.entries(incident))[0]?.event;
  return opened?.kind === 'opened' && isDoctorLook(opened.scope);
}
