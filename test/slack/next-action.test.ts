import { describe, expect, it } from 'vitest';
import type { Told } from '../../src/contract/told.ts';
import { actionFor, fileKey, hashOf } from '../../src/slack/next-action.ts';
import { type StoryMessage, storyMessage } from '../../src/slack/story-message.ts';

const message = (key: string, more: Partial<StoryMessage> = {}): StoryMessage => ({
  ...storyMessage({ key, place: key === 'root' ? 'root' : 'thread', text: `words of ${key}`, blocks: [] }),
  ...more,
});
const told = (hash: string, state: Told['state'] = 'told'): Told => ({
  state,
  channel: 'C0OPS',
  ts: '1.1',
  hash,
  sinceMs: 0,
});
const progress = (known: Record<string, Told>, edited: [string, number][] = [], refused: [string, string][] = []) => ({
  told: known,
  editedAtMs: new Map(edited),
  refused: new Map(refused),
});
const time = { nowMs: 10_000, debounceMs: 4_000 };
const root = message('root');
const found = message('found');

describe('the next thing to tell', () => {
  it('is the root before anything else', () => {
    expect(actionFor([root, found], progress({}), time)).toEqual({ kind: 'post', key: 'root' });
    expect(actionFor([root, found], progress({ root: told('', 'posting') }), time)).toEqual({
      kind: 'post',
      key: 'root',
    });
  });

  it('is a missing message, then its file, before any edit', () => {
    const file = { name: 'findings-1.txt', title: 'all', kind: 'text' as const, content: 'x' };
    const long = message('found', { file });
    expect(actionFor([root, long], progress({ root: told('old') }), time)).toEqual({ kind: 'post', key: 'found' });
    const half = progress({ root: told('old'), found: told(hashOf(long)) });
    expect(actionFor([root, long], half, time)).toEqual({ kind: 'file', key: 'found', file });
    const whole = progress({ root: told('old'), found: told(hashOf(long)), [fileKey(file)]: told(file.name) });
    expect(actionFor([root, long], whole, time)).toEqual({ kind: 'edit', key: 'root', urgent: false });
  });

  it('is an urgent edit before one that may wait', () => {
    const prompt = message('prompt-1', { urgent: true });
    const known = progress({ root: told('old'), 'prompt-1': told('old') });
    expect(actionFor([root, prompt], known, time)).toEqual({ kind: 'edit', key: 'prompt-1', urgent: true });
  });

  it('is to wait when a message was edited a moment ago', () => {
    expect(actionFor([root], progress({ root: told('old') }, [['root', 9_000]]), time)).toEqual({
      kind: 'wait',
      ms: 3_000,
    });
  });

  it('is nothing when all is told, or when Slack refused just these words', () => {
    expect(actionFor([root], progress({ root: told(hashOf(root)) }), time)).toBeUndefined();
    expect(actionFor([root], progress({}, [], [['root', hashOf(root)]]), time)).toBeUndefined();
    expect(actionFor([root], progress({}, [], [['root', 'other words']]), time)).toEqual({ kind: 'post', key: 'root' });
  });
});
