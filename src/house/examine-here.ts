import type { Config } from '../config.ts';
import { linesHere, type SlackFacts } from '../domain/doctor-here.ts';
import { DOCTOR_LINES_MAX, type DoctorLine } from '../domain/doctor-line.ts';
import type { Policy } from '../domain/policy.ts';
import { publicKeyFolder, signersIn } from '../keys/approval-keys.ts';
import { redisFacts } from '../ledger/redis-facts.ts';
import type { Memory } from '../wire.ts';

/** What the process that takes the words finds about itself: Redis, Slack, who may send alerts, keys, roles. Asks no node. */
export async function examineHere({
  config,
  memory,
  policy,
  signer,
  hasOwnKey,
  slack,
}: {
  readonly config: Config;
  readonly memory: Pick<Memory, 'redis'>;
  readonly policy: Policy;
  readonly signer: 'bot' | 'shell';
  readonly hasOwnKey: boolean;
  /** Asks Slack; absent: this is a shell. */
  readonly slack: (() => Promise<SlackFacts>) | undefined;
}): Promise<readonly DoctorLine[]> {
  const [redis, told] = await Promise.all([redisFacts(memory.redis, () => new Date()), slack?.() ?? notAsked(config)]);
  const senders = config.alertSenders.length > 0 || config.alertsToken !== null;
  const facts = {
    redis,
    slack: told,
    alerts: slack === undefined ? 'not_here' : senders ? 'token' : 'none',
    publicHalf: hasOwnKey || signersIn(publicKeyFolder(config.stateDir)).includes(signer),
    operators: policy.operators.length,
    approvers: policy.approvers.length,
  } as const;
  return linesHere(facts).slice(0, DOCTOR_LINES_MAX);
}

function notAsked({ slack }: Config): SlackFacts {
  return {
    kind: 'not_asked',
    why: slack.botToken === null ? 'no Slack token is set here' : 'a shell does not speak to Slack',
    remedy: 'a shell needs none; where a bot runs, type `/models doctor` in Slack',
  };
}
