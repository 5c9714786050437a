import type { ApprovalDesk, Decision } from '../contract/command.ts';
import type { Ledger } from '../contract/ledger.ts';
import type { Logger } from '../contract/logger.ts';
import { isDoctorLook } from '../domain/doctor.ts';
import { EnvelopeId } from '../domain/envelope.ts';
import { type Incident, incidentOf } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { IncidentId, type PersonId, ReceiptId, RequestId } from '../domain/names.ts';
import { refusalAnswer } from './answers.ts';
import type { Arrival, Passage } from './gate.ts';
import { IncidentOrigin, originIn, RequestOrigin } from './origins.ts';
import type { Actor } from './people.ts';
import type { Listener, Replies } from './replies.ts';
import { detailsView, evidenceView, rejectView, sentenceView, silenceView } from './views.ts';
import type { Wishes } from './wishes.ts';

/** A pressed button. `value` is an incident's or a request's id; `key` names this one press. */
export type Press = {
  readonly actor: Actor;
  readonly action: string;
  readonly value: string;
  readonly trigger: string;
  readonly key: string;
  readonly from: Listener;
};

/** What is done about buttons and modals. Nothing here throws for what a person can do. */
export type Clicks = {
  press(press: Press): Promise<void>;
  /** A reason was given in the modal that `reject` opened. */
  rejected(submitted: Submitted): Promise<void>;
  /** Time and reason were given in the modal that `silence` opened. */
  silenced(submitted: Submitted & { readonly duration: string }): Promise<void>;
};

/** A modal that somebody filled in. */
type Submitted = {
  readonly actor: Actor;
  readonly metadata: string;
  readonly reason: string;
  readonly key: string;
  readonly user: string;
};

/** Names of the buttons that the story has. */
export const ACTIONS = [
  'fix',
  'anyway',
  'dry',
  'baseline',
  'again',
  'ack',
  'resolve',
  'silence',
  'approve',
  'reject',
  'details',
  'evidence',
  'rollback',
  'cancel',
  'replan',
  'standing-approve',
  'standing-live',
  'standing-stop',
] as const;

const OURS =
  'Something failed on our side, so this click may not have counted. Look at the thread, and press again if it does not change.';

/** The words that a button stands for. */
function wordsOf(action: string, incident: IncidentId): string {
  return action === 'anyway' || action === 'dry' ? `fix ${incident} --${action}` : `${action} ${incident}`;
}

/** Wires what people press to the desk, the ledger and the one grammar. */
export function createClicks(options: {
  readonly desk: Pick<ApprovalDesk, 'approve' | 'reject'>;
  readonly ledger: Pick<Ledger, 'append' | 'entries' | 'ofRequest' | 'ofReceipt'>;
  readonly wishes: Wishes;
  readonly gate: (arrival: Arrival) => Promise<Passage>;
  readonly replies: Replies;
  readonly logger: Logger;
}): Clicks {
  const { desk, ledger, wishes, gate, replies, logger } = options;

  async function press(pressed: Press): Promise<void> {
    const { action, actor, key, from } = pressed;
    // Opening a window changes nothing and cannot wait: its trigger is good for three seconds.
    if (action === 'reject') return openReject(pressed);
    if (action === 'silence') return openSilence(pressed);
    if (action === 'details' || action === 'evidence') return openView(pressed);
    const passage = await gate({ actor, key, changes: action !== 'again' });
    if (!passage.ok) return refuse(passage, from, pressed.value);
    if (action === 'approve') return approve(passage.who, pressed);
    if (action.startsWith('standing-')) return aboutStanding(passage.who, pressed);
    if (action === 'replan') return askAgain(passage.who, pressed);
    if (action === 'rollback' || action === 'cancel') return aboutReceipt(passage.who, pressed);
    const incident = IncidentId.safeParse(pressed.value);
    if (!incident.success)
      return replies.whisper(from, refusalAnswer('This button is older than what it was about. Nothing was run.'));
    const text = action === 'again' ? await lookOf(incident.data) : wordsOf(action, incident.data);
    await wishes.pressed({ who: passage.who, text, from, incident: incident.data });
  }

  async function approve(who: PersonId, { value, from }: Press): Promise<void> {
    const request = RequestId.safeParse(value);
    if (!request.success)
      return replies.whisper(from, refusalAnswer('This prompt is not known any more. Nothing was run.'));
    await tellDecision(await desk.approve(request.data, who, { channel: from.channel }), from);
  }

  async function aboutReceipt(who: PersonId, { action, value, from }: Press): Promise<void> {
    const receipt = ReceiptId.safeParse(value);
    const incident = receipt.success ? await ledger.ofReceipt(receipt.data) : undefined;
    if (incident === undefined)
      return replies.whisper(from, refusalAnswer('This receipt is not known any more. Nothing was run.'));
    await wishes.pressed({ who, text: `${action} ${value}`, from, incident });
  }

  async function aboutStanding(who: PersonId, { action, value, from }: Press): Promise<void> {
    const id = EnvelopeId.safeParse(value);
    if (!id.success && value !== 'all')
      return replies.whisper(from, refusalAnswer('This standing approval is not known any more. Nothing was changed.'));
    const words = `${action.replace('-', ' ')}${id.success ? ` ${id.data}` : ''}`;
    await wishes.pressed({ who, text: words, from });
  }

  async function askAgain(who: PersonId, { value, from }: Press): Promise<void> {
    const found = await promptNamed(value);
    if (found === undefined)
      return replies.whisper(from, refusalAnswer('This prompt is not known any more. Nothing was run.'));
    const { incident, prompt } = found;
    await wishes.pressed({ who, text: `replan ${prompt.plan}`, from, incident: incident.id });
  }

  async function openReject({ value, trigger, from }: Press): Promise<void> {
    const request = RequestId.safeParse(value);
    if (!request.success) return;
    const origin: RequestOrigin = {
      request: request.data,
      channel: from.channel,
      ...(from.threadTs === undefined ? {} : { threadTs: from.threadTs }),
    };
    if (!(await replies.open(trigger, rejectView(origin)))) await tooLate(from);
  }

  async function openSilence({ value, trigger, from }: Press): Promise<void> {
    const incident = IncidentId.safeParse(value);
    if (!incident.success) return;
    const { channel, threadTs } = from;
    const origin = { incident: incident.data, channel, ...(threadTs === undefined ? {} : { threadTs }) };
    if (!(await replies.open(trigger, silenceView(origin)))) await tooLate(from);
  }

  async function openView({ action, value, trigger, from }: Press): Promise<void> {
    const view = action === 'details' ? await detailsOf(value) : await evidenceOf(value);
    if (!(await replies.open(trigger, view))) await tooLate(from);
  }

  async function detailsOf(value: string) {
    const found = await promptNamed(value);
    const plan = found?.incident.plans.get(found.prompt.plan);
    if (found === undefined || plan === undefined) return sentenceView('Plan', 'This plan is not known any more.');
    return detailsView(plan, found.prompt, found.incident.besides.get(found.prompt.plan));
  }

  async function promptNamed(
    value: string,
  ): Promise<{ readonly incident: Incident; readonly prompt: Prompt } | undefined> {
    const request = RequestId.safeParse(value);
    const id = request.success ? await ledger.ofRequest(request.data) : undefined;
    const incident = id === undefined ? undefined : await incidentNamed(id);
    const prompt = incident?.prompts.find((one) => one.request === value);
    return incident === undefined || prompt === undefined ? undefined : { incident, prompt };
  }

  async function evidenceOf(value: string) {
    const id = IncidentId.safeParse(value);
    const incident = id.success ? await incidentNamed(id.data) : undefined;
    return incident === undefined
      ? sentenceView('Evidence', 'This incident is not known any more.')
      : evidenceView(incident);
  }

  /** The words for a look at the same things again; what `doctor` said has a half that no worker makes. */
  async function lookOf(id: IncidentId): Promise<string> {
    const scope = (await incidentNamed(id))?.scope;
    return scope !== undefined && isDoctorLook(scope) ? 'doctor' : 'check --fresh';
  }

  async function incidentNamed(id: IncidentId): Promise<Incident | undefined> {
    return incidentOf(await ledger.entries(id));
  }

  async function tellDecision(decision: Decision, from: Listener): Promise<void> {
    // What counted is in the thread; only a refusal is for the person alone.
    if (decision.kind === 'refused') await replies.whisper(from, refusalAnswer(decision.refusal.text));
  }

  /** The refusal is seen by the person and written into the incident. A repetition is passed over in silence. */
  async function refuse({ why, who }: Extract<Passage, { ok: false }>, from: Listener, value: string): Promise<void> {
    if (why === undefined) return;
    await replies.whisper(from, refusalAnswer(why));
    const request = RequestId.safeParse(value);
    const named = IncidentId.safeParse(value);
    const incident = named.success ? named.data : request.success ? await ledger.ofRequest(request.data) : undefined;
    // Without the request: this is about the person, and must not end a prompt that others are deciding.
    if (incident !== undefined && who !== undefined)
      await ledger.append(incident, { kind: 'refused', by: who, code: 'denied', text: why });
  }

  async function tooLate(from: Listener): Promise<void> {
    await replies.whisper(from, refusalAnswer('That took Slack or us too long. Press the button once more.'));
  }

  return {
    async press(pressed) {
      try {
        await press(pressed);
      } catch (error) {
        logger.error({ error: String(error), action: pressed.action }, 'a click could not be carried out');
        await replies.whisper(pressed.from, refusalAnswer(OURS));
      }
    },
    async rejected({ actor, metadata, reason, key, user }) {
      const origin = originIn(RequestOrigin, metadata);
      if (origin === undefined) return logger.error({}, 'a modal came back with metadata that is not ours');
      const from = listenerOf(origin, user);
      const passage = await gate({ actor, key, changes: true });
      if (!passage.ok) return refuse(passage, from, origin.request);
      await tellDecision(await desk.reject(origin.request, passage.who, reason), from);
    },
    async silenced({ actor, metadata, reason, duration, key, user }) {
      const origin = originIn(IncidentOrigin, metadata);
      if (origin === undefined) return logger.error({}, 'a modal came back with metadata that is not ours');
      const { incident } = origin;
      const from = listenerOf(origin, user);
      const passage = await gate({ actor, key, changes: true });
      if (!passage.ok) return refuse(passage, from, incident);
      // A quotation mark at the beginning of a word would group what follows.
      const text = `silence ${incident} for ${duration} ${reason.replace(/(^|[\s=])["'“”„‘’]+/g, '$1')}`;
      await wishes.pressed({ who: passage.who, text, from, incident });
    },
  };
}

function listenerOf({ channel, threadTs }: Omit<RequestOrigin, 'request'>, user: string): Listener {
  return { channel, user, ...(threadTs === undefined ? {} : { threadTs }) };
}
