import type { AddressAnswer } from '../../src/contract/host-keys.ts';
import type { LookContext, Repair, TargetPlan } from '../../src/contract/job.ts';
import { fingerprint, sameKey } from '../../src/domain/host-key.ts';
import { TrustParams } from '../../src/domain/trust.ts';
import { joined } from '../../src/domain/wording.ts';
import { type Refused, refused } from './refusals.ts';
import { numbered } from './target-steps.ts';

type Shown = Extract<AddressAnswer, { kind: 'shown' }>;

const NO_WAY_BACK =
  'a key that was withdrawn is to be refused for ever; who knows better edits known_hosts on the worker';

/** Lets the host key that a node shows now count, and withdraws those that counted before: what `trust` asks for after a host was rebuilt. */
export const trustHost: Repair = {
  name: 'trust-host',
  summary: 'takes the host key that a rebuilt node shows, and withdraws the one before',
  risk: 'disruptive',
  verify: ['host-key'],
  describe: (targets) =>
    `know ${joined(targets.map(({ node }) => node))} by the host key that it shows now`.slice(0, 200),
  plan: planTrust,
};

async function planTrust({ node, hostKeys, params }: LookContext): Promise<TargetPlan> {
  if (node.local || hostKeys === undefined)
    return refused('host_key_doubtful', `${node.name} is the worker's own machine: it is reached without a host key.`);
  const { typed } = TrustParams.parse(params);
  const { answers, recorded } = await hostKeys();
  const shown = answers.flatMap((answer) => (answer.kind === 'shown' ? [answer] : []));
  const silent = answers.flatMap((answer) => (answer.kind === 'silent' ? [answer] : []));
  const [first] = shown;
  if (first === undefined) {
    const why = joined(silent.map(({ at, reason }) => `${at}: ${reason}`));
    return refused('host_key_doubtful', `The node shows no host key (${why}). Nothing was planned.`);
  }
  if (shown.every(({ verdict }) => verdict === 'known')) return { kind: 'nothing' };
  const doubt = doubtOf(shown, first) ?? typedRefusal(node, first, typed);
  if (doubt !== undefined) return doubt;
  const { key } = first;
  const withdrawn = recorded.filter((old) => !sameKey(old, key));
  const step = {
    kind: 'trust' as const,
    title: `know ${node.name} by ${fingerprint(key)}${withdrawn.length === 0 ? '' : ' and by no key from before'}`,
    timeoutMs: 20_000,
    undo: { kind: 'none' as const, because: NO_WAY_BACK },
    key,
    withdrawn: withdrawn.slice(0, 16),
    shownAt: shown.map(({ at }) => at),
    silentAt: silent.map(({ at }) => at),
    ephemeral: node.ephemeral,
  };
  return {
    kind: 'steps',
    target: { node: node.name, models: [], before: {}, after: {}, steps: numbered([step]), cures: [] },
  };
}

/** What no approval can put right: two hosts under one name, or a key that was withdrawn. */
function doubtOf(shown: readonly Shown[], { key }: Shown): Refused | undefined {
  if (shown.some((other) => !sameKey(other.key, key))) {
    const keys = joined(shown.map((one) => `${one.at} shows ${fingerprint(one.key)}`));
    const text = `Its addresses lead to different hosts: ${keys}. Correct the inventory first. Nothing was planned.`;
    return refused('host_key_doubtful', text);
  }
  if (!shown.some(({ verdict }) => verdict === 'revoked')) return undefined;
  const text = `${fingerprint(key)} was withdrawn: whoever answers has an old key of this node. It stays refused. Nothing was planned.`;
  return refused('host_key_doubtful', text);
}

function typedRefusal(
  { name, ephemeral }: LookContext['node'],
  { key }: Shown,
  typed: string | undefined,
): Refused | undefined {
  if (typed === undefined) return undefined;
  if (!ephemeral) {
    const text = `${name} is not ephemeral, so another person has to approve: trust ${name}, without the characters. Nothing was planned.`;
    return refused('host_key_doubtful', text);
  }
  if (fingerprint(key).endsWith(typed)) return undefined;
  const text = `The fingerprint that ${name} shows does not end with ${typed}: read it again at the provider's console. If it differs there, somebody else answers. Nothing was planned.`;
  return refused('host_key_doubtful', text);
}
