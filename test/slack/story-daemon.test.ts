import { describe, expect, it } from 'vitest';
import { DAEMON_CHECK } from '../../src/domain/daemon.ts';
import { finding } from '../../src/domain/finding.ts';
import { incidentOf } from '../../src/domain/incident.ts';
import { storyOf } from '../../src/slack/story.ts';
import { aScope, entriesOf, looked, opened } from '../support/builders/entries.ts';
import { aPolicy } from '../support/builders/plans.ts';

const HOSTILE = 'log: <!channel> <https://evil.example|click> & *bold* `code`\u202e';
const scope = aScope({ checks: [DAEMON_CHECK], nodes: ['hub'] });

function storyWith(title: string | undefined) {
  const base = {
    code: 'daemon_degraded',
    node: 'hub',
    subject: 'model_distribution',
    severity: 'warning',
  } as const;
  const seen = looked(title === undefined ? [] : [finding({ ...base, title, evidence: [] })], {
    notes: ['HTTP :8790: up: running', HOSTILE],
  });
  const events = [opened({ text: 'health', scope }), seen.kind === 'checked' ? { ...seen, scope } : seen];
  const incident = incidentOf(entriesOf(...events));
  if (incident === undefined) throw new Error('no incident');
  return storyOf(incident, { names: (person) => person, policy: aPolicy(), cluster: 'ringrift' });
}

describe('the daemon in Slack', () => {
  it('is told source by source', () => {
    const [root, sources] = storyWith(undefined);
    expect(root?.text).toBe('🟢 the distribution daemon works, as far as its sources tell');
    expect(JSON.stringify(sources?.blocks)).toContain('HTTP :8790: up: running');
  });

  it('pings nobody and links nothing, whatever its log says', () => {
    const [root] = storyWith(HOSTILE);
    const mrkdwn = JSON.stringify([root?.text, root?.blocks]);
    expect(mrkdwn).toContain('&lt;!channel&gt;');
    for (const raw of ['<!channel>', '<https', '\u202e']) expect(mrkdwn).not.toContain(raw);
  });
});
