import { describe, expect, it } from 'vitest';
import { storyOf } from '../../src/slack/story.ts';
import { checked, foundThree, incidentFrom, look, nodes, opened } from './support/incidents.ts';

describe('the message of verify', () => {
  it.each([
    ['verify hex8_2p', foundThree, nodes.length],
    ['verify', checked(), nodes.length],
  ] as const)('has a line a node and model: %s', (text, seen, lines) => {
    const story = storyOf(incidentFrom([opened.kind === 'opened' ? { ...opened, text } : opened, seen]), look);
    const message = story.find(({ key }) => key === 'verdicts');
    expect(message?.text).toContain(`of ${lines} verdicts right`);
    for (const node of nodes) expect(JSON.stringify(message?.blocks)).toContain(node);
  });

  it('is not there for another look', () => {
    const keys = storyOf(incidentFrom([opened, foundThree]), look).map(({ key }) => key);
    expect(keys).not.toContain('verdicts');
  });
});
