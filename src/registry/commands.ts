import { ack } from '../../commands/ack.ts';
import { approve } from '../../commands/approve.ts';
import { audit } from '../../commands/audit.ts';
import { baseline } from '../../commands/baseline.ts';
import { cancel } from '../../commands/cancel.ts';
import { check } from '../../commands/check.ts';
import { completion } from '../../commands/completion.ts';
import { diagnose } from '../../commands/diagnose.ts';
import { distribute } from '../../commands/distribute.ts';
import { doctor } from '../../commands/doctor.ts';
import { exclude } from '../../commands/exclude.ts';
import { fix } from '../../commands/fix.ts';
import { health } from '../../commands/health.ts';
import { help } from '../../commands/help.ts';
import { history } from '../../commands/history.ts';
import { hold } from '../../commands/hold.ts';
import { hook } from '../../commands/hook.ts';
import { incidents } from '../../commands/incidents.ts';
import { include } from '../../commands/include.ts';
import { key } from '../../commands/key.ts';
import { lock } from '../../commands/lock.ts';
import { locks } from '../../commands/locks.ts';
import { manifest } from '../../commands/manifest.ts';
import { nodes } from '../../commands/nodes.ts';
import { pending } from '../../commands/pending.ts';
import { pin } from '../../commands/pin.ts';
import { plan } from '../../commands/plan.ts';
import { playing } from '../../commands/playing.ts';
import { quarantine } from '../../commands/quarantine.ts';
import { readonly } from '../../commands/readonly.ts';
import { receipt } from '../../commands/receipt.ts';
import { reject } from '../../commands/reject.ts';
import { replan } from '../../commands/replan.ts';
import { resolve } from '../../commands/resolve.ts';
import { revert } from '../../commands/revert.ts';
import { review } from '../../commands/review.ts';
import { rollback } from '../../commands/rollback.ts';
import { silence } from '../../commands/silence.ts';
import { standing } from '../../commands/standing.ts';
import { status } from '../../commands/status.ts';
import { timeline } from '../../commands/timeline.ts';
import { trust } from '../../commands/trust.ts';
import { unlock } from '../../commands/unlock.ts';
import { unsilence } from '../../commands/unsilence.ts';
import { validate } from '../../commands/validate.ts';
import { verify } from '../../commands/verify.ts';
import { whoami } from '../../commands/whoami.ts';
import type { Command } from '../contract/command.ts';
import type { Right } from '../domain/policy.ts';
import { splitWords } from '../domain/words.ts';

/** Every subcommand, in the order in which help lists them. */
export const commands: readonly Command[] = [
  help,
  check,
  status,
  verify,
  health,
  diagnose,
  fix,
  distribute,
  approve,
  reject,
  replan,
  pending,
  standing,
  plan,
  cancel,
  receipt,
  rollback,
  quarantine,
  history,
  playing,
  pin,
  revert,
  trust,
  incidents,
  ack,
  hold,
  resolve,
  timeline,
  silence,
  unsilence,
  baseline,
  lock,
  unlock,
  locks,
  exclude,
  include,
  readonly,
  nodes,
  whoami,
  completion,
  doctor,
  audit,
  key,
  review,
  validate,
  hook,
  manifest,
];

/** The right that typed words need; words that cannot be read could mean anything. */
export function rightOfWords(text: string): Right {
  const split = splitWords(text);
  if (!split.ok) return 'operate';
  return commands.find(({ name }) => name === split.words[0])?.right ?? 'look';
}
