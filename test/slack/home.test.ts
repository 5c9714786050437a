import { describe, expect, it } from 'vitest';
import type { HomeFacts } from '../../src/contract/home.ts';
import { homeFaults } from '../../src/demo/slack/view-rules.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { homeFacts } from '../../src/engine/home-facts.ts';
import { homeView } from '../../src/slack/home.ts';
import { mention } from '../../src/slack/wording.ts';
import { createCommandWorld } from '../support/builders/command-world.ts';
import { ALICE, BOB } from '../support/builders/plans.ts';
import {
  alice,
  bob,
  checked,
  entriesOf,
  scope as foundScope,
  foundThree,
  incidentFrom,
  linkPlan,
  opened,
  planned,
  policy,
  request,
} from './support/incidents.ts';

const plan = linkPlan();

/** What Slack would show, as text. */
function shown(facts: readonly HomeFacts[]): string {
  const view = homeView(facts, mention);
  expect(homeFaults(view)).toEqual([]);
  return JSON.stringify(view.blocks);
}

async function world() {
  const made = createCommandWorld(policy);
  for (const { event } of entriesOf([opened, foundThree, ...planned(plan, 1)]))
    await made.ledger.append('i-00000001', event);
  const facts = (who: string) => homeFacts(who, { ...made.context, policy, ledger: made.ledger });
  return { ...made, facts };
}

describe('the Home tab', () => {
  it('shows what is open and what waits for this person, not for others', async () => {
    const { facts } = await world();
    const forBob = await facts(bob);
    expect(forBob.waiting.map(({ prompt }) => prompt.request)).toEqual([request]);
    expect(shown([forBob])).toContain('1 plan waits for you');
    expect(shown([forBob])).toContain('1 incident open');
    expect(shown([forBob])).toContain('nobody has it');
    const forAlice = await facts(alice);
    expect(forAlice.waiting).toEqual([]);
    expect(shown([forAlice])).toContain('No plan waits for you');
  });

  it('shows what nobody may change and what nobody is told of', async () => {
    const { facts, say } = await world();
    await say('lock vast-1 its disk', ALICE);
    await say('readonly on we move', BOB);
    await say('silence hex8_3p for 2h we know', ALICE);
    const text = shown([await facts(bob)]);
    expect(text).toContain('its disk');
    expect(text).toContain('medic is read-only since');
    expect(text).toContain('Nobody is told of hex8_3p');
  });

  it('calls models right only where a look at all nodes says so', async () => {
    const { facts, ledger, context } = await world();
    expect(shown([await facts(bob)])).toContain('nobody has looked at all nodes lately');
    const look = checked();
    if (look.kind !== 'checked') throw new Error('no look');
    const scope = {
      models: ['hex8_2p'],
      nodes: context.inventory.nodes.filter(({ active }) => active).map(({ name }) => name),
      checks: ['model-present'],
    };
    for (const { event } of entriesOf([
      { kind: 'opened', by: alice, text: 'status', scope },
      { ...look, scope },
    ]))
      await ledger.append('i-00000002', event);
    expect(shown([await facts(bob)])).toContain('Models by nodes*, seen');
  });

  it('stays within what Slack shows, however much there is, and what others wrote stays text', () => {
    const evil = '<!channel> <https://x|y> `'.repeat(60);
    const one = incidentFrom([{ kind: 'opened', by: alice, text: evil, alert: evil, scope: foundScope }, foundThree]);
    const incidents = Array.from({ length: 400 }, (_, index) => ({
      ...one,
      id: `i-${String(index).padStart(8, '0')}`,
    }));
    const big = incidentOf(entriesOf([opened, foundThree, ...planned(plan, 1)]));
    const [prompt] = big?.prompts ?? [];
    if (prompt === undefined) throw new Error('no prompt');
    const facts = (cluster: string): HomeFacts => ({
      cluster,
      at: '2026-01-05T03:12:00.000Z',
      incidents,
      waiting: Array.from({ length: 200 }, () => ({
        incident: one.id,
        prompt,
        plan: { ...plan, summary: evil.slice(0, 200) },
      })),
      look: one.look,
      standing: { locks: [], readonly: { by: alice, at: '2026-01-05T03:12:00.000Z', reason: evil.slice(0, 300) } },
      silences: [],
      receipts: [],
    });
    const text = shown(Array.from({ length: 12 }, (_, index) => facts(`cluster-${index}`)));
    expect(text).toContain('… and 388 more');
    expect(text).not.toContain('<!channel>');
    expect(text).not.toContain('<https');
  });
});
