import { afterEach, describe, expect, it } from 'vitest';
import { hostKey } from '../../jobs/checks/host-key.ts';
import { trustHost } from '../../jobs/repairs/trust-host.ts';
import type { AddressAnswer, HostKeysSeen } from '../../src/contract/host-keys.ts';
import type { LookContext } from '../../src/contract/job.ts';
import { createSshKey } from '../../src/demo/fleet/ssh-key.ts';
import { Fault } from '../../src/domain/fault.ts';
import { fingerprint, type HostKey } from '../../src/domain/host-key.ts';
import type { Node } from '../../src/domain/node.ts';
import type { Params } from '../../src/domain/plan.ts';
import { approversNeeded } from '../../src/domain/policy.ts';
import { trustLines } from '../../src/domain/trust.ts';
import { planOf } from '../../src/engine/plan-of.ts';
import { aPolicy } from '../support/builders/plans.ts';
import { aNode } from '../support/nodes.ts';
import { createNodeHere, type NodeHere } from './node-here.ts';

const OLD = aKey();
const NEW = aKey();
const OTHER = aKey();
const LAST = fingerprint(NEW).slice(-4);

let open: NodeHere[] = [];
afterEach(() => {
  for (const here of open) here.close();
  open = [];
});

function aKey(): HostKey {
  const [type = '', base64 = ''] = createSshKey('n').publicLine.split(' ');
  return { type, base64 };
}

type Verdict = Extract<AddressAnswer, { kind: 'shown' }>['verdict'];

function shown(at: AddressAnswer['at'], key: HostKey, verdict: Verdict): AddressAnswer {
  return { at, kind: 'shown', key, verdict };
}

function silent(at: AddressAnswer['at']): AddressAnswer {
  return { at, kind: 'silent', reason: 'timeout', detail: 'no answer to the connection' };
}

const BOTH = [shown('tailscale', NEW, 'changed'), shown('ssh_host', NEW, 'changed')];

function contextOf(seen: HostKeysSeen, node: Partial<Node> = {}, params: Params = {}): LookContext {
  const here = createNodeHere(['hex8_2p']);
  open.push(here);
  return { ...here.context(), node: aNode('vast-3', node), params, hostKeys: async () => seen };
}

async function planned(answers: readonly AddressAnswer[], node: Partial<Node> = {}, params: Params = {}) {
  const context = contextOf({ answers, recorded: [OLD] }, node, params);
  const outcome = await trustHost.plan(context);
  if (outcome.kind !== 'steps') return outcome;
  const around = { nodes: [context.node], files: { open: [], unsure: [] } };
  const rules = { cluster: 'ringrift', relay: { from: 6, perSource: 2, perProvider: 16 } };
  return { ...outcome, plan: planOf(rules, trustHost, params, [outcome.target], around) };
}

describe('the repair trust-host', () => {
  it('takes the key that both addresses show, withdraws the old one, and says how to compare', async () => {
    const made = await planned(BOTH);
    if (made.kind !== 'steps') throw new Error(JSON.stringify(made));
    expect(made.target.steps).toMatchObject([
      { kind: 'trust', key: NEW, withdrawn: [OLD], shownAt: ['tailscale', 'ssh_host'], silentAt: [] },
    ]);
    const lines = trustLines(made.plan).join('\n');
    expect(lines).toContain(`new key  ${fingerprint(NEW)} (ssh-ed25519), both addresses show the same key`);
    expect(lines).toContain(`old key  ${fingerprint(OLD)} (ssh-ed25519), refused for ever`);
    expect(lines).toContain('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    expect(JSON.stringify(made.plan)).not.toContain('192.0.2.1');
    // Always somebody else, whatever medic.yaml says of reversible plans.
    expect(approversNeeded(made.plan, { ...aPolicy().approvals, reversibleFew: 0, reversibleMany: 0 })).toBe(1);
  });

  it('says which address did not answer, and plans the same again', async () => {
    const answers = [silent('tailscale'), shown('ssh_host', NEW, 'changed')];
    const made = await planned(answers);
    if (made.kind !== 'steps') throw new Error(JSON.stringify(made));
    expect(trustLines(made.plan)[0]).toContain('shown at ssh_host; tailscale did not answer, so it is not compared');
    expect(await planned(answers)).toMatchObject({ kind: 'steps', target: made.target });
  });

  it('needs nobody else for an ephemeral node whose fingerprint was typed', async () => {
    const made = await planned(BOTH, { ephemeral: true }, { typed: LAST });
    if (made.kind !== 'steps') throw new Error(JSON.stringify(made));
    expect(approversNeeded(made.plan, aPolicy().approvals)).toBe(0);
    const asked = await planned(BOTH, { ephemeral: true });
    if (asked.kind !== 'steps') throw new Error(JSON.stringify(asked));
    expect(approversNeeded(asked.plan, aPolicy().approvals)).toBe(1);
    expect(trustLines(asked.plan).at(-1)).toContain('trust vast-3 <the last four characters>');
  });

  it.each<[string, readonly AddressAnswer[], Partial<Node>, Params, string]>([
    [
      'addresses that lead to different hosts',
      [shown('tailscale', NEW, 'changed'), shown('ssh_host', OTHER, 'unknown')],
      {},
      {},
      'different hosts',
    ],
    [
      'an address that still shows the known key beside a new one',
      [shown('tailscale', OLD, 'known'), shown('ssh_host', NEW, 'changed')],
      {},
      {},
      'different hosts',
    ],
    ['a key that was withdrawn', [shown('its address', OTHER, 'revoked')], {}, {}, 'was withdrawn'],
    [
      'a node that shows nothing',
      [silent('tailscale'), silent('ssh_host')],
      {},
      {},
      'shows no host key (tailscale: timeout and ssh_host: timeout)',
    ],
    ['typed characters for a node that is not ephemeral', BOTH, {}, { typed: LAST }, 'another person has to approve'],
    ['typed characters that do not fit', BOTH, { ephemeral: true }, { typed: 'AAAA' }, 'does not end with AAAA'],
    ["the worker's own machine", BOTH, { local: true }, {}, 'own machine'],
  ])('refuses %s', async (_, answers, node, params, why) => {
    const outcome = await planned(answers, node, params);
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'host_key_doubtful' } });
    expect(JSON.stringify(outcome)).toContain(why);
  });

  it('is judged by the key that the node shows then, at every address', () => {
    expect(trustHost).toMatchObject({ name: 'trust-host', verify: ['host-key'], risk: 'disruptive' });
  });

  it('has nothing to do where the key is known', async () => {
    expect(await planned([shown('its address', OLD, 'known')])).toEqual({ kind: 'nothing' });
  });
});

describe('the check host-key', () => {
  const look = (answers: readonly AddressAnswer[]) => hostKey.run(contextOf({ answers, recorded: [OLD] }));

  it('is clear only where every address that answers shows the known key', async () => {
    expect(await look([shown('tailscale', OLD, 'known'), silent('ssh_host')])).toMatchObject({
      unknown: [],
      findings: [],
    });
  });

  it.each<[string, readonly AddressAnswer[], string]>([
    [
      'another key at the second address',
      [shown('tailscale', OLD, 'known'), shown('ssh_host', NEW, 'changed')],
      'host_key_changed',
    ],
    ['a withdrawn key', [shown('its address', NEW, 'revoked')], 'host_key_changed'],
    ['a key that nobody knows', [shown('its address', NEW, 'unknown')], 'host_key_unknown'],
    ['no answer at all', [silent('tailscale'), silent('ssh_host')], 'timeout'],
  ])('does not know of %s', async (_, answers, reason) => {
    const fault = await look(answers).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ reason });
  });
});
