import type { Refusal } from '../domain/fault.ts';
import type { ModelName, NodeName } from '../domain/names.ts';
import { deedRefusal, type Right } from '../domain/policy.ts';
import type { CommandContext } from './command.ts';

/** Why whoever typed this may not do it to these nodes and models, for commands that need no plan; `what` completes "You may not …". */
export function changeRefusal(
  { policy, who, place }: Pick<CommandContext, 'policy' | 'who' | 'place'>,
  about: {
    readonly command: string;
    readonly what?: string;
    readonly right?: Right;
    readonly nodes?: readonly NodeName[];
    readonly models?: readonly ModelName[];
  },
): Refusal | undefined {
  const { command, what = command, right = 'operate', nodes, models } = about;
  const deed = {
    command,
    ...(place === undefined ? {} : { channel: place.channel }),
    ...(nodes === undefined || nodes.length === 0 ? {} : { nodes }),
    ...(models === undefined || models.length === 0 ? {} : { models }),
  };
  return deedRefusal(policy, { person: who, right, deed, what });
}
