import type { types } from '@slack/bolt';
import { askedWords } from '../domain/asked.ts';
import { besideLines, type PlanBeside } from '../domain/beside.ts';
import type { Incident } from '../domain/incident.ts';
import type { Prompt } from '../domain/incident-prompt.ts';
import { batchesOf, type Plan, type Step } from '../domain/plan.ts';
import { awaitWords, judges, RECORD_BACK, recordWords, relayWords } from '../domain/plan-lines.ts';
import { sinceLines } from '../domain/plan-since.ts';
import { trustWords } from '../domain/trust.ts';
import { bytes, count, shortHash } from '../domain/wording.ts';
import { type Block, preformatted, sections, within } from './blocks.ts';
import { clipped, escaped, plain } from './escape.ts';
import { nodesLabel } from './fold-findings.ts';
import type { IncidentOrigin, RequestOrigin } from './origins.ts';
import { slackSpelling } from './spelling.ts';
import { findingWords, mention } from './wording.ts';

const ARGUMENT_MAX = 120;
const EVIDENCE_MAX = 12;

/** The whole plan as it will run, node by node, with the way back. */
export function detailsView(plan: Plan, prompt: Prompt, beside: PlanBeside | undefined): types.ModalView {
  const hash = prompt.plan;
  const order = batchesOf(plan).flatMap((batch, index) => batch.map((target) => ({ target, batch: index + 1 })));
  const header = sections([
    `*${escaped(plan.summary, 300)}*`,
    `hash \`${hash}\``,
    `repair ${plan.repair} · verified by ${judges(plan)} · cluster ${plan.cluster} · ${count(plan.targets.length, 'node')} in ${count(batchesOf(plan).length, 'batch', 'batches')}`,
    ...Object.entries(plan.source).map(
      ([model, { node, digest, bytes: size }]) =>
        `source: ${model} from \`${node}\`, ${bytes(size)}, sha256 \`${digest}\``,
    ),
    ...relayWords(plan).map((line) => escaped(line, 1_000)),
  ]);
  const around = sections([
    ...(beside === undefined ? [] : besideLines(plan, beside, slackSpelling(mention))),
    ...(prompt.since === undefined ? [] : sinceLines(prompt.since, slackSpelling(mention))),
  ]);
  const nodes = order.flatMap(({ target, batch }) => [
    ...sections([`*${nodesLabel([target.node])}* · batch ${batch}`]),
    ...preformatted(target.steps.flatMap((step, index) => stepLines(step, index + 1))),
  ]);
  return modal(
    `Plan ${shortHash(hash)}`,
    within([...header, ...around, ...nodes], 'The rest is in `npx medic plan` with this hash.'),
  );
}

/** What was seen, finding by finding, with the words of the nodes. */
export function evidenceView(incident: Incident): types.ModalView {
  const report = (incident.lookThatFound ?? incident.look)?.report;
  const found = (report?.findings ?? []).flatMap((finding) => [
    ...sections([
      `${nodesLabel([finding.node])}  *${findingWords[finding.code]}* · ${finding.severity} · ${finding.id}`,
      escaped(finding.title, 300),
    ]),
    ...preformatted(
      [
        finding.subject,
        ...finding.evidence.slice(0, EVIDENCE_MAX),
        ...(finding.asked ?? []).map((one) => `$ ${askedWords(one)}`),
      ].map((line) => plain(line, 400)),
    ),
  ]);
  const notes = (report?.notes ?? []).map((note) => `• ${escaped(note, 300)}`);
  const causes = (report?.hypotheses ?? []).flatMap(({ verdict, words, evidence }) => [
    ...sections([`*${verdict}:* ${escaped(words, 300)}`]),
    ...preformatted(evidence.map((line) => plain(line, 400))),
  ]);
  const ruledOut = notes.length === 0 ? [] : sections(['*Looked at and right*', ...notes]);
  return modal('Evidence', within([...causes, ...ruledOut, ...found], 'The rest is in `npx medic check --json`.'));
}

/** Asks why a plan is rejected. */
export function rejectView(origin: RequestOrigin): types.ModalView {
  return {
    ...modal('Reject the plan', []),
    callback_id: 'reject',
    private_metadata: JSON.stringify(origin),
    submit: { type: 'plain_text', text: 'Reject' },
    close: { type: 'plain_text', text: 'Not now' },
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: { type: 'plain_text', text: 'Why? The thread will show it.' },
        element: { type: 'plain_text_input', action_id: 'reason', multiline: true, max_length: 500, min_length: 1 },
      },
    ],
  };
}

/** For how long something can be silenced by the modal; the command takes any time up to a day. */
const SILENCES = [
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['2h', '2 hours'],
  ['4h', '4 hours'],
  ['8h', '8 hours'],
  ['24h', '24 hours'],
] as const;

/** Asks for how long and why nobody is to be told of an incident. */
export function silenceView(origin: IncidentOrigin): types.ModalView {
  const options = SILENCES.map(([value, text]) => ({ value, text: { type: 'plain_text' as const, text } }));
  return {
    ...modal('Silence the incident', []),
    callback_id: 'silence',
    private_metadata: JSON.stringify(origin),
    submit: { type: 'plain_text', text: 'Silence' },
    close: { type: 'plain_text', text: 'Not now' },
    blocks: [
      ...sections(['Nobody is told meanwhile of what is wrong there now. What is still wrong at the end is told.']),
      {
        type: 'input',
        block_id: 'duration',
        label: { type: 'plain_text', text: 'For how long?' },
        element: { type: 'static_select', action_id: 'duration', options },
      },
      {
        type: 'input',
        block_id: 'reason',
        label: { type: 'plain_text', text: 'Why?' },
        element: { type: 'plain_text_input', action_id: 'reason', max_length: 300, min_length: 1 },
      },
    ],
  };
}

/** A sentence in a modal, where there is nothing else to show. */
export function sentenceView(title: string, sentence: string): types.ModalView {
  return modal(title, sections([escaped(sentence, 1_000)]));
}

function modal(title: string, blocks: readonly Block[]): types.ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: clipped(title, 24) },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [...blocks],
  };
}

function stepLines(step: Step, number: number): string[] {
  const what =
    step.kind === 'run'
      ? words(step.argv)
      : step.kind === 'record'
        ? plain(recordWords(step))
        : step.kind === 'await'
          ? plain(awaitWords(step))
          : step.kind === 'trust'
            ? plain(trustWords(step))
            : `${step.file} (${bytes(step.bytes)}, sha256 ${step.digest.slice(0, 12)}…) from ${step.sources.join(' or ')} by ${step.transports.join(' or ')}`;
  const undo =
    step.undo.kind === 'run'
      ? words(step.undo.argv)
      : step.undo.kind === 'record'
        ? RECORD_BACK
        : `none: ${plain(step.undo.because)}`;
  return [`${number}. ${plain(step.title)}`, `   ${what}`, `   way back: ${undo}`];
}

function words(argv: readonly string[]): string {
  return argv
    .map((word) =>
      /^[\w@%+=:,./~{}-]+$/.test(word) ? clipped(word, ARGUMENT_MAX) : JSON.stringify(plain(word, ARGUMENT_MAX)),
    )
    .join(' ');
}
