import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alice, bob, type Installation, incidentChannel, startInstallation } from '../../src/demo/installation.ts';
import { plainLines } from '../../src/demo/plain-text.ts';
import { objectsOf } from '../../src/demo/slack/json.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { until } from '../support/flow/until.ts';

let folder: string;
let installation: Installation;
const ops = incidentChannel.id;
const textOf = (message: Message): string => plainLines(message, (id) => id).join('\n');
const roots = (): Message[] => installation.slack.messages(ops).filter(({ threadTs }) => threadTs === undefined);
const inThread = (ts: string): Message[] => installation.slack.thread(ops, ts).filter((message) => message.ts !== ts);

/** What Alice alone is told after typing this. */
async function whispered(typed: string): Promise<string> {
  const before = installation.slack.as(alice.id).ephemerals(ops).length;
  expect(await installation.slack.as(alice.id).command(ops, typed), typed).toEqual({ ok: true });
  return until(`an answer to ${typed}`, () => {
    const message = installation.slack.as(alice.id).ephemerals(ops)[before];
    return message === undefined ? undefined : textOf(message);
  });
}

async function press(person: string, message: Message, action: string): Promise<void> {
  const block = message.blocks.find(({ elements }) => objectsOf(elements).some((one) => one['action_id'] === action));
  const target = { action_id: action, block_id: String(block?.['block_id']) };
  expect(await installation.slack.as(person).click(ops, message.ts, target)).toEqual({ ok: true });
}

describe('everything a person types in Slack is answered', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'medic-answers-'));
    installation = await startInstallation({ folder, slackPort: 0, onDeath: () => undefined });
  });
  afterAll(async () => {
    await installation?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['/models help', /medic looks after the models of demo[\s\S]*Look[\s\S]*check +Look at the nodes[\s\S]*manifest/],
    ['/models', /medic looks after the models of demo/],
    ['/models help check', /Look at the nodes[\s\S]*check hex8_2p on @gpu[\s\S]*alias-links/],
    ['/models nodes', /9 nodes, 8 get models[\s\S]*runpod-a100-3/],
    ['/models pending', /No plan waits for a decision/],
    ['/models plan deadbeef', /No [\s\S]*plan|no plan|is no plan/i],
    ['/models receipt r-00000000', /No receipt is called r-00000000/],
    ['/models receipt', /receipt takes one id/],
    ['/models chekc', /“chekc” is no command. Did you mean check\?|chekc.*Did you mean.*check/],
    ['/models check n1; touch x', /n1;/],
    ['/models check $(id)', /\$\(id\)/],
    ['/models check ../../etc', /\.\.\/\.\.\/etc/],
    ['/models check on vast-12x', /vast-12x[\s\S]*Did you mean/],
    ['/models check on vast-*!vast-*', /no node|empty/i],
    ['/models check hex9_2p', /hex9_2p[\s\S]*Did you mean hex8_2p/],
    ['/models check <!channel>', /channel/],
  ])('%s', async (typed, words) => {
    const before = roots().length;
    const answer = await whispered(typed);
    expect(answer).toMatch(words);
    expect(answer.split('\n')[0]?.length).toBeLessThan(400);
    expect(roots()).toHaveLength(before);
  });

  it('an em-dash is two dashes, and help is understood as a flag', async () => {
    expect(await whispered('/models check —help')).toMatch(/Look at the nodes/);
  });

  it('status shows models by nodes; a plan and a receipt can be read; a thread takes mentions', async () => {
    expect(await installation.slack.as(alice.id).command(ops, '/models status')).toEqual({ ok: true });
    const root = await until('a root', () => roots().find((one) => textOf(one).includes('wrong on 7 of 9')));
    const matrix = await until('the matrix', () =>
      inThread(root.ts)
        .map(textOf)
        .find((text) => text.includes('✓ right · ✗ wrong · ? unknown')),
    );
    expect(matrix).toMatch(/hex8_2p {2}hex8_4p {2}square8_2p/);
    expect(matrix).toMatch(/vast-\[1-2\].* \(4\) +✗ +✓ +✓/);
    expect(matrix).toMatch(/runpod-a100-3 +\? +\? +\?/);
    installation.slack.as(alice.id).say(ops, '@medic fix', root.ts);
    const alone = await until('a plan that needs nobody else', () =>
      inThread(root.ts).find((one) => textOf(one).includes('no approval by others needed')),
    );
    const hash = /Plan ([0-9a-f]{8})/.exec(textOf(alone))?.[1] ?? '';
    expect(await whispered(`/models plan ${hash}`)).toMatch(/canonical_hex8_2p\.pth/);
    expect(await whispered('/models pending')).toMatch(/3 plans wait for a decision/);
    await press(alice.id, alone, 'approve');
    const receipt = await until('a receipt', () =>
      inThread(root.ts).find((one) => /receipt r-[0-9a-f]{8}$/.test(textOf(one))),
    );
    const id = /r-[0-9a-f]{8}/.exec(textOf(receipt))?.[0] ?? '';
    expect(await whispered(`/models receipt ${id}`)).toMatch(/runpod-a100-2/);
    installation.slack.as(bob.id).say(ops, '@medic nonsense `<!channel>`', root.ts);
    const refusal = await until('a refusal in the thread', () =>
      inThread(root.ts).find((one) => textOf(one).includes('nonsense') && one.botId !== undefined),
    );
    expect(textOf(refusal)).toMatch(/is no command/);
    const found = (): Message | undefined => inThread(root.ts).find((one) => textOf(one).includes('9 nodes looked at'));
    const before = textOf(found() ?? root);
    installation.slack.as(bob.id).say(ops, '@medic check', root.ts);
    const look = (text: string): string => /Looked again .*/.exec(text)?.[0] ?? '';
    await until('what was found, looked at again', () => look(textOf(found() ?? root)) !== look(before), 75_000);
    expect(installation.slack.violations).toEqual([]);
  }, 300_000);
});
