import { useCallback, useEffect, useState } from 'react';
import type { Completion } from '../options.ts';
import type { Snapshot } from '../page-snapshot.ts';
import type { FormValues } from '../view-payloads.ts';

/** Where an element is pressed: in a message, by its block and its action. */
export type Pressed = {
  readonly channel: string;
  readonly ts: string;
  readonly block_id: string;
  readonly action_id: string;
};

/** The doors of the chosen person, as the page calls them; failures come back as `notice`. */
export type Doors = {
  send(channel: string, text: string, threadTs: string | undefined): Promise<void>;
  click(pressed: Pressed): Promise<void>;
  choose(pressed: Pressed, value: string | readonly string[]): Promise<void>;
  submit(viewId: string, values: FormValues): Promise<void>;
  close(viewId: string): Promise<void>;
  clickInView(viewId: string, target: { block_id: string; action_id: string }, values: FormValues): Promise<void>;
  complete(text: string): Promise<readonly Completion[]>;
  /** Opens the app's Home tab, which the app is told. */
  openHome(): Promise<void>;
};

const words: Record<string, string> = {
  message_changed: 'This message has changed; that button is gone.',
  message_not_found: 'This message is gone.',
  operation_timeout: 'The app did not answer within 3 seconds.',
  dispatch_failed: 'The app is not connected.',
  invalid_ack: 'The app answered with something Slack does not accept.',
  unreachable: 'The local Slack does not answer.',
};

/** The chosen person's view of the workspace, kept current, and their doors. */
export function useWorkspace(): {
  snapshot: Snapshot | undefined;
  userId: string;
  readonly setUserId: (id: string) => void;
  online: boolean;
  notice: string | undefined;
  readonly dismiss: () => void;
  doors: Doors;
} {
  const [userId, setUser] = useState(() => localStorage.getItem('person') ?? '');
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [online, setOnline] = useState(true);
  const [notice, setNotice] = useState<string>();

  useEffect(() => follow(userId, setSnapshot, setOnline, setUser), [userId]);

  const post = useCallback(
    async (door: string, fields: object): Promise<void> => {
      const error = await callDoor(door, { user: userId, ...fields });
      // The errors of a form are told beside its inputs.
      if (error !== undefined && error !== 'errors') setNotice(words[error] ?? error);
    },
    [userId],
  );
  const doors: Doors = {
    send: (channel, text, threadTs) =>
      post(text.startsWith('/') ? 'command' : 'say', { channel, text, ...(threadTs ? { thread_ts: threadTs } : {}) }),
    click: (pressed) => post('click', pressed),
    choose: (pressed, value) => post('choose', { ...pressed, value }),
    submit: (viewId, values) => post('submit', { view_id: viewId, values }),
    close: (viewId) => post('close', { view_id: viewId }),
    clickInView: (viewId, target, values) => post('click-in-view', { view_id: viewId, ...target, values }),
    complete: (text) => fetchCompletions(userId, text),
    openHome: () => post('home', {}),
  };
  const setUserId = (id: string): void => {
    localStorage.setItem('person', id);
    setNotice(undefined);
    setUser(id);
  };
  return { snapshot, userId, setUserId, online, notice, dismiss: () => setNotice(undefined), doors };
}

function follow(
  userId: string,
  show: (snapshot: Snapshot) => void,
  setOnline: (online: boolean) => void,
  setUser: (id: string) => void,
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const load = async (): Promise<void> => {
    if (userId === '') return setUser(await firstPerson());
    const response = await fetch(`/local/state?user=${encodeURIComponent(userId)}`).catch(() => undefined);
    if (stopped || response === undefined) return;
    // Somebody who is not in this workspace (or nobody yet): begin with its first person.
    if (response.status === 404) return setUser(await firstPerson());
    if (response.ok) show(await response.json());
  };
  const source = new EventSource('/local/events');
  source.onopen = () => {
    setOnline(true);
    void load();
  };
  source.onerror = () => setOnline(false);
  // A burst of edits is one look.
  source.onmessage = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void load();
    }, 40);
  };
  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}

async function firstPerson(): Promise<string> {
  const response = await fetch('/local/people');
  const people: unknown = await response.json();
  const first: unknown = Array.isArray(people) ? people[0] : undefined;
  return typeof first === 'string' ? first : '';
}

async function callDoor(door: string, fields: object): Promise<string | undefined> {
  const response = await fetch(`/local/${door}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fields),
  }).catch(() => undefined);
  if (response === undefined) return 'unreachable';
  const answer: unknown = await response.json().catch(() => undefined);
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  return String(answer.error);
}

async function fetchCompletions(userId: string, text: string): Promise<readonly Completion[]> {
  const query = new URLSearchParams({ user: userId, text });
  const response = await fetch(`/local/complete?${query}`).catch(() => undefined);
  return response?.ok ? response.json() : [];
}
