import { expect, it } from 'vitest';
import type { Change, Message } from '../../src/demo/slack/workspace.ts';
import { tellChannel } from '../../src/demo/tell-channel.ts';

const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
const buttons = { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Approve' } }] };
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const message = (more: Partial<Message>): Message => ({
  ts: '1.0001',
  channel: 'C0OPS',
  botId: 'B0MEDIC',
  text: '',
  blocks: [],
  attachments: [],
  files: [],
  reactions: [],
  ...more,
});

function teller() {
  const printed: string[] = [];
  let tell: (change: Change) => void = () => undefined;
  let stopped = false;
  const stop = tellChannel({
    slack: {
      onChange: (listener) => {
        tell = listener;
        return () => (stopped = true);
      },
    },
    names: (id) => (id === 'U0ALICE' ? 'Alice' : id),
    now: () => at,
    print: (line) => printed.push(line),
  });
  return { printed, stop, stopped: () => stopped, tell: (change: Change) => tell(change) };
}

it('tells who says what and when, threads indented', () => {
  const { tell, printed } = teller();
  tell({ kind: 'post', message: message({ text: 'hello' }) });
  tell({ kind: 'post', message: message({ ts: '1.0002', threadTs: '1.0001', blocks: [section('one\ntwo')] }) });
  tell({ kind: 'ephemeral', message: message({ ts: '1.0003', text: 'no', visibleTo: 'U0ALICE' }) });
  expect(printed.filter((line) => line !== '')).toEqual([
    '03:04:05  medic: hello',
    '    03:04:05  medic: one',
    '              two',
    '03:04:05  medic, only to Alice: no',
  ]);
});

it('tells of an edit its headline and what is new, of gone buttons that they are gone, of nothing new nothing', () => {
  const { tell, printed } = teller();
  tell({ kind: 'post', message: message({ blocks: [section('Plan 1'), section('waits'), buttons] }) });
  printed.length = 0;
  tell({ kind: 'edit', message: message({ blocks: [section('Plan 1'), section('approved')] }) });
  tell({ kind: 'edit', message: message({ blocks: [section('Plan 1'), section('approved')] }) });
  tell({ kind: 'reaction', message: message({ text: 'x' }) });
  expect(printed).toEqual([
    '',
    '03:04:05  medic (edits): Plan 1',
    '          approved',
    '          (its buttons are gone)',
  ]);
});

it('stops when asked', () => {
  const { stop, stopped } = teller();
  stop();
  expect(stopped()).toBe(true);
});
